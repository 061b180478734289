import Foundation
import Glibc
import ParallaxCore

/// The files next to a flag file by which those who share it coordinate: the lock of its writers, their claims, what
/// instances say of themselves, their rollbacks, the shared baselines and the drill. All of them are read and written here.
///
/// Most are in the folder `.<name>.parallax`. It is next to the file that the path leads to in the end, so that all who read
/// one file find one folder. The flag file itself is for all programs: what changes every few seconds does not belong in it.
/// Every call blocks the thread that makes it.
struct CoordinationFolder: Sendable {
    static let maximumBytes = 1 << 16
    private static let maximumNoteBytes = 4 << 20
    private static let baselineName = "baseline.json"
    private static let endedDrillName = "drill.json"

    let path: String
    private let notePath: String

    init(beside target: String) {
        let (folder, name) = FlagFile.split(target)
        path = "\(folder)/.\(name).parallax"
        notePath = "\(folder)/.\(name).drill"
    }

    var claims: ClaimFiles { ClaimFiles(in: self) }
    var instances: InstanceStatusFiles { InstanceStatusFiles(in: self) }
    var rollbacks: RollbackFiles { RollbackFiles(in: self) }

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
        return try? file.read(atMost: CoordinationFolder.maximumBytes)
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

// MARK: - Baselines and drills

extension CoordinationFolder {
    func readBaseline() -> [UInt8]? { read(CoordinationFolder.baselineName) }

    /// - Returns: The bytes that were written.
    func write(_ baseline: SharedBaseline) throws(SystemCallError) -> [UInt8] {
        let bytes = CoordinationFolder.encode(baseline)
        try replace(CoordinationFolder.baselineName, with: bytes)
        return bytes
    }

    func readEndedDrill() -> [UInt8]? { read(CoordinationFolder.endedDrillName) }

    /// Announces a drill before its end shows in the flag file. If that fails, other instances recognize the end only by the
    /// file's content.
    func writeEndedDrill(_ drill: EndedDrill) throws(SystemCallError) {
        try replace(CoordinationFolder.endedDrillName, with: CoordinationFolder.encode(drill))
    }

    func removeEndedDrill() { remove(CoordinationFolder.endedDrillName) }

    /// The note of the drill under way, or of one that was interrupted; `nil` if there is none that can be read.
    ///
    /// It is next to the flag file, and not in the folder, so that every program that sees the one sees the other.
    func readDrillNote() -> DrillNote? {
        let limit = CoordinationFolder.maximumNoteBytes
        guard let file = try? OpenFile(notePath, O_RDONLY | O_NONBLOCK), let status = try? file.status(),
            status.isRegular, status.bytes <= limit, let bytes = try? file.read(atMost: limit)
        else { return nil }
        return try? JSONDecoder().decode(DrillNote.self, from: Data(bytes))
    }

    /// Leaves the note, on the disk when this returns.
    func writeDrillNote(_ note: DrillNote) throws(SystemCallError) {
        let temporary = "\(notePath).\(getpid()).tmp"
        defer { unlink(temporary) }
        unlink(temporary)
        let output = try OpenFile(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, permissions: 0o644)
        try output.write(CoordinationFolder.encode(note))
        try output.synchronize()
        guard rename(temporary, notePath) == 0 else { throw .last }
        synchronizeNote()
    }

    func removeDrillNote() {
        unlink(notePath)
        synchronizeNote()
    }

    private func synchronizeNote() {
        if let folder = try? OpenFile(FlagFile.split(notePath).folder, O_RDONLY | O_DIRECTORY) {
            try? folder.synchronize()
        }
    }

    private static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let data = try? encoder.encode(value) else { preconditionFailure("\(value) cannot be encoded") }
        return Array(data)
    }
}

/// The advisory lock that writers of one flag file take, on a file next to it that stays.
///
/// It keeps two writers of ours from undoing each other's change. Other programs do not know it: against those, the
/// content is compared once more before the rename.
struct FlagFileLock: ~Copyable {
    /// A writer holds the lock for milliseconds. One that is stopped meanwhile must not stop a rollback.
    static let timeout: Duration = .seconds(2)
    private static let pauseMicroseconds: useconds_t = 2000

    private var file: OpenFile?

    /// Takes the lock after releasing the one that is held, or goes on without if it cannot be had: the comparison still
    /// protects the file.
    mutating func take(beside target: String, timeout: Duration = FlagFileLock.timeout) {
        release()
        let (folder, name) = FlagFile.split(target)
        // A named pipe under that name must not hold up a rollback.
        let flags = O_RDONLY | O_CREAT | O_NONBLOCK
        guard let file = try? OpenFile("\(folder)/.\(name).lock", flags, permissions: 0o644) else { return }
        let deadline = ContinuousClock.now + timeout
        while !file.tryLock() {
            guard errno == EWOULDBLOCK, ContinuousClock.now < deadline else { break }
            usleep(FlagFileLock.pauseMicroseconds)
        }
        self.file = consume file
    }

    /// Closing the file releases the lock.
    mutating func release() { file = nil }

    /// Does something under the lock.
    static func hold<Result>(
        beside target: String, timeout: Duration = FlagFileLock.timeout,
        during operation: () throws(FlagFileError) -> Result
    ) throws(FlagFileError) -> Result {
        var lock = FlagFileLock()
        lock.take(beside: target, timeout: timeout)
        defer { lock.release() }
        return try operation()
    }
}
