import Glibc

/// Gives files other names, and never replaces one that is there.
enum FileMove {
    /// - Parameter link: Makes a hard link, as the system does.
    /// - Returns: Whether it has the new name; if not, `errno` says why.
    static func move(
        _ path: String, to destination: String,
        link: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> CInt = Glibc.link
    ) -> Bool {
        // A link, unlike a renaming, never replaces a file that is there.
        if link(path, destination) == 0 {
            return unlink(path) == 0 || giveUp(destination)
        }
        guard errno != EEXIST, errno != ENOENT else { return false }
        // Many file systems have no hard links, as that of most USB sticks: an empty file takes the name first.
        let descriptor = open(destination, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        close(descriptor)
        return rename(path, destination) == 0 || giveUp(destination)
    }

    private static func giveUp(_ destination: String) -> Bool {
        let reason = errno
        unlink(destination)
        errno = reason
        return false
    }
}
