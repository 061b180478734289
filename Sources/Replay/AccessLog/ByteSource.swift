/// Where the bytes of a log come from, a chunk at a time.
protocol ByteSource {
    /// Reads the next bytes, waiting for them.
    ///
    /// - Returns: From 1 to `count` bytes, or none at the end.
    func read(upToCount count: Int) throws(ReplayError) -> [UInt8]

    /// How much has been read, from 0 to 1; `nil` if no one knows how much there is.
    var fraction: Double? { get }
}

extension ByteSource {
    var fraction: Double? { nil }
}
