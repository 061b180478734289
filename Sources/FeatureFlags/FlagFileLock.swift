import Glibc
import ParallaxCore

/// The advisory lock that writers of one flag file take, on a file next to it that stays.
///
/// It keeps two writers of ours from undoing each other's change. Other programs do not know it: against those, the
/// content is compared once more before the rename.
enum FlagFileLock {
    /// A writer holds the lock for milliseconds. One that is stopped meanwhile must not stop a rollback.
    static let patience: Duration = .seconds(2)
    private static let pauseMicroseconds: useconds_t = 2000

    /// Does something under the lock, or without it if it cannot be had: the comparison still protects the file.
    static func hold<Result>(
        beside target: String, patience: Duration = FlagFileLock.patience,
        during deed: () throws(FlagFileError) -> Result
    ) throws(FlagFileError) -> Result {
        let (folder, name) = FlagFile.split(target)
        // A named pipe under that name must not hold up a rollback.
        let flags = O_RDONLY | O_CREAT | O_NONBLOCK
        guard let file = try? OpenFile("\(folder)/.\(name).lock", flags, permissions: 0o644) else {
            return try deed()
        }
        let deadline = ContinuousClock.now + patience
        while !file.tryLock() {
            guard errno == EWOULDBLOCK, ContinuousClock.now < deadline else { break }
            usleep(pauseMicroseconds)
        }
        // Closing the file would do; saying it keeps the file open until here.
        defer { file.unlock() }
        return try deed()
    }
}
