#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The name of the machine, as the kernel knows it: asking for it never waits for a name server.
package enum HostName {
    package static var current: String {
        var bytes = [UInt8](repeating: 0, count: 256)
        let failed = bytes.withUnsafeMutableBytes { gethostname($0.baseAddress!, $0.count - 1) } != 0
        let name = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        return failed || name.isEmpty ? "localhost" : name
    }
}
