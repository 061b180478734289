// To the compiler `stat` belongs to this module or to Glibc, depending on what is compiled next to it.
import CDispatch
import Glibc
import ParallaxCore

extension FlagFile {
    /// What has to be on disk for a replacement to be right.
    enum Expectation: Equatable {
        case absent
        case content([UInt8])
        /// Whatever it is; it is kept next to the file.
        case anything
    }

    private static let newFilePermissions: mode_t = 0o644

    /// Replaces the file in one step that readers see as a whole or not at all.
    ///
    /// A temporary file in the same folder gets the content, the old file's permissions and a modification time
    /// strictly above the old one's, is synchronized and renamed, and then the folder is synchronized. Behind a
    /// symbolic link the file that it leads to is replaced.
    ///
    /// - Parameters:
    ///   - above: A modification time to stay above too, in nanoseconds: clients that saw it look at newer ones only.
    ///   - beforeRename: Called once all is ready and nothing shows yet.
    ///   - lastCheck: Called right before the file is renamed; throws if it must not be.
    /// - Returns: The modification time it has now.
    /// - Throws: ``FlagFileError``; nothing shows then.
    func replace(
        with bytes: [UInt8], expecting: Expectation, above: Int64 = 0, beforeRename: () -> Void = {},
        lastCheck: () throws(FlagFileError) -> Void = {}
    ) throws(FlagFileError) -> Int64 {
        precondition(!bytes.isEmpty, "a flag file is never empty")
        let target = try resolved()
        let (folder, name) = FlagFile.split(target)
        let temporary = "\(folder)/.\(name).\(getpid()).\(String(UInt64.random(in: .min ... .max), radix: 16)).tmp"
        do {
            defer { unlink(temporary) }
            if let fault = writeFault() { throw fault }
            let old = FileStatus(at: target)
            let time = try FlagFile.prepare(
                temporary, with: bytes, like: old, above: max(above, old?.modificationTime ?? 0))
            try check(expecting, at: target)
            beforeRename()
            try lastCheck()
            try check(expecting, at: target)
            if expecting == .anything { FlagFile.keepAside(target) }
            guard rename(temporary, target) == 0 else { throw SystemCallError.last }
            // The new file shows by now. That a file system cannot synchronize folders takes nothing of that back.
            if let folder = try? OpenFile(folder, O_RDONLY | O_DIRECTORY) { try? folder.synchronize() }
            return time
        } catch let error as SystemCallError {
            throw FlagFileError(error, doing: "write", path: target)
        } catch {
            throw error as? FlagFileError ?? FlagFileError(.failed, "\(error)")
        }
    }

    /// The file behind all symbolic links, also if it does not exist yet.
    package func resolved() throws(FlagFileError) -> String {
        if let real = FlagFile.realPath(path) { return real }
        let error = SystemCallError.last
        let (folder, name) = FlagFile.split(path)
        guard error.number == ENOENT, let folder = FlagFile.realPath(folder) else {
            throw FlagFileError(error, doing: "find", path: path)
        }
        guard FileStatus({ lstat(path, $0) }) == nil else {
            throw FlagFileError(
                .missing, "flag file \(path) is a dangling symbolic link; fix or remove the link")
        }
        return folder == "/" ? "/" + name : folder + "/" + name
    }

    private static func realPath(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    private static func prepare(
        _ path: String, with bytes: [UInt8], like old: FileStatus?, above: Int64
    ) throws(SystemCallError) -> Int64 {
        let file = try OpenFile(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, permissions: newFilePermissions)
        try file.write(bytes)
        if let old { try file.adopt(old) }
        let time = try setModificationTime(of: file, above: above)
        try file.synchronize()
        return time
    }

    /// Sets a time strictly above another, in what the file system then shows.
    ///
    /// Clients that read times as floating-point seconds still tell a microsecond apart. File systems that keep whole
    /// seconds, or every other one, need more.
    private static func setModificationTime(of file: borrowing OpenFile, above: Int64) throws(SystemCallError) -> Int64
    {
        var shown = try file.status().modificationTime
        for least in [above + 1000, above + 1_000_000_000, above + 2_000_000_000] where shown < above + 1000 {
            try file.setModificationTime(nanoseconds: least)
            shown = try file.status().modificationTime
        }
        return shown
    }

    private func check(_ expectation: Expectation, at target: String) throws(FlagFileError) {
        var isAsExpected = try resolved() == target
        switch expectation {
        case .anything: break
        case .absent: isAsExpected = isAsExpected && FileStatus(at: target) == nil
        case .content(let bytes): isAsExpected = isAsExpected && (try? read())?.bytes == bytes
        }
        guard isAsExpected else {
            throw FlagFileError(.changedMeanwhile, "flag file \(path) was changed by another program; try again")
        }
    }

    /// Keeps a copy of a file that is about to be replaced unread, so that an operator can see what was in it.
    private static func keepAside(_ target: String) {
        guard let status = FileStatus(at: target) else { return }
        _ = link(target, "\(target).replaced-\(status.modificationTime)")
    }
}

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
