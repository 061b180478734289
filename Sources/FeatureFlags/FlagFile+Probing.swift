// To the compiler `stat` belongs to this module or to Glibc, depending on what is compiled next to it.
import CDispatch
import Glibc
import ParallaxCore
import Synchronization

extension FlagFile {
    /// Tries all that a replacement needs, and changes nothing that a reader sees: a file of the same size is written into
    /// the folder and taken away again.
    ///
    /// - Throws: ``FlagFileError`` naming the file and the remedy.
    package func requireWritable() throws(FlagFileError) {
        let target = try resolved()
        let (folder, name) = FlagFile.split(target)
        let temporary = "\(folder)/.\(name).\(getpid()).\(String(UInt64.random(in: .min ... .max), radix: 16)).tmp"
        do {
            defer { unlink(temporary) }
            if let fault = writeFault() { throw fault }
            try writeAside(temporary)
            unlink(temporary)
            // Nothing can be renamed over a file that is a mount of its own (EBUSY), and a link to it would lead out of its
            // mount. Other failures of the link say nothing about renaming.
            if FileStatus(at: target) != nil, link(target, temporary) != 0, errno == EXDEV {
                throw SystemCallError(number: EBUSY)
            }
        } catch let error as SystemCallError {
            throw FlagFileError(error, doing: "write", path: target)
        } catch {
            throw error as? FlagFileError ?? FlagFileError(.failed, "\(error)")
        }
    }

    private func writeAside(_ temporary: String) throws(SystemCallError) {
        let output = try OpenFile(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, permissions: 0o600)
        try output.write((try? read())?.bytes ?? [0])
    }
}

/// Whether the flag file can be written, so that a rollback would reach it.
extension FlagStore {
    struct Writing {
        /// Why it cannot be written; `nil` if it can, as far as is known.
        var problem: FlagFileError?
        /// When that was tried last, on the steady clock; `nil` before the first time.
        var triedAt: Duration?
    }

    private static let pauseBetweenTries: Duration = .seconds(60)

    /// Asks the file system now whether the file can be written.
    ///
    /// - Throws: ``FlagFileError`` naming the file and the remedy.
    package func requireWritable() async throws(FlagFileError) {
        try await onQueue { Result { () throws(FlagFileError) in try self.file.requireWritable() } }.get()
    }

    /// Tries once in a while whether the file can be written, and tells when that changes. Runs on the store's queue.
    func tryWriting() {
        let uptime = uptime()
        let (writing, hasFile) = work.withLock { ($0.writing, $0.flags.lastGood != nil) }
        guard instance != nil, hasFile, writing.triedAt.map({ uptime - $0 >= Self.pauseBetweenTries }) ?? true else {
            return
        }
        var problem: FlagFileError?
        do {
            try file.requireWritable()
        } catch {
            problem = error
        }
        work.withLock { $0.writing = Writing(problem: problem, triedAt: uptime) }
        if problem != writing.problem { observers.tell(.writing(problem)) }
    }
}
