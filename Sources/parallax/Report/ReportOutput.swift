import CommandSupport
import Foundation
import Glibc

/// Where a report goes: standard output, or a file that is written whole or not at all.
struct ReportOutput {
    /// `nil` for standard output.
    let path: String?

    /// A file can show no colour.
    var style: TerminalStyle { path == nil ? .detect(descriptor: STDOUT_FILENO) : .plain }

    func write(_ text: String) throws {
        guard path != nil else { return Terminal.print(text) }
        var sink = try open()
        try sink.write(text + "\n")
        try sink.finish()
    }

    /// Opens it to write piece by piece. Nothing is in the file's place before ``Sink/finish()``.
    func open() throws -> Sink {
        guard let path else { return Sink(handle: .standardOutput, file: nil) }
        let url = URL(fileURLWithPath: path)
        let draft = url.deletingLastPathComponent().appendingPathComponent(".\(UUID().uuidString).draft")
        // It may name callers: for this user only, until this user says otherwise.
        let descriptor = Glibc.open(draft.path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(path) }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        return Sink(handle: handle, file: .init(path: path, draft: draft.path))
    }

    fileprivate static func failure(_ path: String) -> CommandFailure {
        CommandFailure(
            .notPermitted, "\(path) cannot be written", remedy: "Name a file in a folder that this user may write.")
    }
}

extension ReportOutput {
    /// Takes text and hands it on in large pieces.
    struct Sink: ~Copyable {
        fileprivate struct File {
            let path: String
            let draft: String
        }

        private static let pieceBytes = 1 << 16

        private let handle: FileHandle
        private let file: File?
        private var waiting = ""
        private var isFinished = false

        fileprivate init(handle: FileHandle, file: File?) {
            self.handle = handle
            self.file = file
        }

        /// A draft that was not finished leaves nothing behind.
        deinit {
            guard !isFinished, let file else { return }
            try? FileManager.default.removeItem(atPath: file.draft)
        }

        mutating func write(_ text: String) throws {
            waiting += text
            if waiting.utf8.count >= Self.pieceBytes { try flush() }
        }

        /// Puts what was written into the file's place.
        mutating func finish() throws {
            try flush()
            guard let file else { return }
            do {
                try handle.synchronize()
                try handle.close()
            } catch {
                throw ReportOutput.failure(file.path)
            }
            guard rename(file.draft, file.path) == 0 else { throw ReportOutput.failure(file.path) }
            isFinished = true
        }

        private mutating func flush() throws {
            defer { waiting = "" }
            do {
                try handle.write(contentsOf: Data(waiting.utf8))
            } catch {
                // A reader that has gone away (`| head`) is not a reason to fail.
                guard let file else { return }
                throw ReportOutput.failure(file.path)
            }
        }
    }
}
