import Foundation
import Glibc
import ParallaxCore

/// The folder next to a flag file in which instances that share the file leave word for each other.
///
/// It is next to the file that the path leads to in the end, so that all who read one file find one folder. The flag
/// file itself is for all programs: what changes every few seconds does not belong in it.
struct SideFolder: Sendable {
    static let maximumBytes = 1 << 16

    let path: String

    init(beside target: String) {
        let (folder, name) = FlagFile.split(target)
        path = "\(folder)/.\(name).parallax"
    }

    /// The names of the files in it; none if there is no such folder.
    func names() throws(SystemCallError) -> [String] {
        guard let folder = opendir(path) else {
            if errno == ENOENT { return [] }
            throw .last
        }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { name in
                    name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names
    }

    /// Whether there is a file of that name.
    func holds(_ name: String) -> Bool {
        do {
            // By opening it: what a network file system says of it is asked again then.
            _ = try OpenFile("\(path)/\(name)", O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
            return true
        } catch {
            return false
        }
    }

    /// The content of a file; `nil` if it cannot be read.
    func read(_ name: String) -> [UInt8]? {
        guard let file = try? OpenFile("\(path)/\(name)", O_RDONLY | O_NONBLOCK | O_NOFOLLOW),
            let status = try? file.status(), status.isRegular
        else { return nil }
        return try? file.read(atMost: SideFolder.maximumBytes)
    }

    /// Replaces the file of that name in one step.
    func replace(_ name: String, with bytes: [UInt8]) throws(SystemCallError) {
        let temporary = try writeAside(name, bytes)
        defer { unlink(temporary) }
        guard rename(temporary, "\(path)/\(name)") == 0 else { throw .last }
    }

    /// Adds a file, unless there is one of its name: of several who try, on whatever machines, one succeeds.
    ///
    /// - Returns: Whether it was this call.
    func add(_ name: String, _ bytes: [UInt8]) throws(SystemCallError) -> Bool {
        let temporary = try writeAside(name, bytes, isSynchronized: true)
        defer { unlink(temporary) }
        if link(temporary, "\(path)/\(name)") == 0 {
            if let folder = try? OpenFile(path, O_RDONLY | O_DIRECTORY) { try? folder.synchronize() }
            return true
        }
        let error = SystemCallError.last
        switch error.number {
        case EEXIST: return false
        case EPERM, ENOTSUP, ENOSYS, EMLINK: return try addUnlinked(name, bytes)
        default: throw error
        }
    }

    func remove(_ name: String) {
        unlink("\(path)/\(name)")
    }

    /// For file systems without hard links. A reader that sees it half written finds a file that it cannot decode.
    private func addUnlinked(_ name: String, _ bytes: [UInt8]) throws(SystemCallError) -> Bool {
        let file: OpenFile
        do {
            file = try OpenFile("\(path)/\(name)", O_WRONLY | O_CREAT | O_EXCL, permissions: 0o644)
        } catch {
            if error.number == EEXIST { return false }
            throw error
        }
        try file.write(bytes)
        try file.synchronize()
        return true
    }

    /// Makes the folder writable for every user that may change the flag file.
    private func create() throws(SystemCallError) {
        guard mkdir(path, 0o755) == 0 else {
            if errno == EEXIST { return }
            throw .last
        }
        guard let around = FileStatus(at: FlagFile.split(path).folder) else { return }
        _ = chown(path, around.owner, around.group)
        _ = chmod(path, around.permissions)
    }

    private func writeAside(
        _ name: String, _ bytes: [UInt8], isSynchronized: Bool = false
    ) throws(SystemCallError) -> String {
        let temporary = "\(path)/.\(name).\(getpid()).\(String(UInt64.random(in: .min ... .max), radix: 16)).tmp"
        let file: OpenFile
        do {
            file = try OpenFile(temporary, O_WRONLY | O_CREAT | O_EXCL, permissions: 0o644)
        } catch {
            guard error.number == ENOENT else { throw error }
            try create()
            file = try OpenFile(temporary, O_WRONLY | O_CREAT | O_EXCL, permissions: 0o644)
        }
        do {
            try file.write(bytes)
            if isSynchronized { try file.synchronize() }
        } catch {
            unlink(temporary)
            throw error
        }
        return temporary
    }
}
