/// Where the bytes of a log come from, a chunk at a time.
protocol ByteSource {
    /// Reads the next bytes, waiting for them.
    ///
    /// - Returns: From 1 to `count` bytes, or none at the end.
    func read(upToCount count: Int) throws(ReplayError) -> [UInt8]
}
