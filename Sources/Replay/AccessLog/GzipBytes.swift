import Foundation

/// The unpacked bytes of a gzip file, through a `gzip -dc` child of this process.
///
/// No Swift package of ours offers streaming gzip, and every Debian has the program. It runs on a processor of its own,
/// reads archives of several members, and gives what it can of a damaged one before it fails.
final class GzipBytes: ByteSource {
    private let path: String
    private let file: FileBytes
    private let process = Process()
    private let unpacked = Pipe()
    private let complaints = Pipe()

    init(file: FileBytes) throws(ReplayError) {
        path = file.path
        self.file = file
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // The file comes as standard input, so that no file's name can be taken for an option.
        process.arguments = ["gzip", "-dc"]
        let packed = file.isWhole ? nil : Pipe()
        if let packed { process.standardInput = packed } else { process.standardInput = file.makeHandle() }
        process.standardOutput = unpacked
        process.standardError = complaints
        do {
            try process.run()
        } catch {
            throw .gzipMissing(path)
        }
        if let packed { GzipBytes.feed(file, to: packed.fileHandleForWriting) }
    }

    var fraction: Double? { file.fraction }

    /// Hands on what comes out of a pipe, whose first bytes have been looked at and cannot be put back.
    private static func feed(_ file: FileBytes, to handle: FileHandle) {
        // From here on only this thread reads the file.
        nonisolated(unsafe) let file = file
        Thread.detachNewThread {
            // A child that ends early is not a reason for this process to end: its status tells.
            var pipeSignal = sigset_t()
            sigemptyset(&pipeSignal)
            sigaddset(&pipeSignal, SIGPIPE)
            pthread_sigmask(SIG_BLOCK, &pipeSignal, nil)
            while let chunk = try? file.read(upToCount: 65_536), !chunk.isEmpty {
                guard (try? handle.write(contentsOf: chunk)) != nil else { break }
            }
            try? handle.close()
        }
    }

    deinit {
        // A reader that has had enough leaves the child with no one to write to.
        if process.isRunning { process.terminate() }
    }

    func read(upToCount count: Int) throws(ReplayError) -> [UInt8] {
        let bytes = try FileBytes.read(unpacked.fileHandleForReading.fileDescriptor, upToCount: count, path: path)
        if bytes.isEmpty { try finish() }
        return bytes
    }

    private func finish() throws(ReplayError) {
        let complaint = (try? complaints.fileHandleForReading.readToEnd()) ?? Data()
        process.waitUntilExit()
        switch process.terminationStatus {
        // 2 is a warning: the archive was whole, and something else follows it.
        case 0, 2: return
        case 127: throw .gzipMissing(path)
        default:
            let said = String(decoding: complaint, as: UTF8.self).split(separator: "\n").first { !$0.isEmpty }
            throw ReplayError(
                code: .damagedGzip, path: path,
                message: "the gzip archive is cut short or damaged (\(said ?? "gzip failed")); "
                    + "all whole lines before that were read. Fetch the file again")
        }
    }
}

extension ReplayError {
    static func gzipMissing(_ path: String) -> ReplayError {
        ReplayError(
            code: .gzipMissing, path: path,
            message: "is packed with gzip, and there is no gzip program to unpack it: apt-get install gzip")
    }
}
