// To the compiler `stat` belongs to this module or to Glibc, depending on what is compiled next to it.
import CDispatch
import Foundation
import Glibc

/// Who may use a file.
struct FileMode {
    private let mode: mode_t

    /// - Returns: `nil` if there is no such file.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        mode = status.st_mode
    }

    var isFolder: Bool { mode & S_IFMT == S_IFDIR }
    var isOpenToOthers: Bool { mode & S_IRWXO != 0 }
    /// Whether all users may replace a file in this folder. Not if the folder is sticky, as `/tmp` is.
    var isFolderOpenToOthers: Bool { isFolder && mode & S_IWOTH != 0 && mode & S_ISVTX == 0 }
}

/// A type of file system, by the name that the kernel gives it in `/proc/self/mountinfo`.
struct FileSystemType {
    private static let networkNames: Set<String> = [
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "afs", "lustre", "virtiofs",
    ]
    private static let kernelNames: Set<String> = [
        "proc", "sysfs", "cgroup", "cgroup2", "debugfs", "tracefs", "securityfs", "devpts", "bpf",
    ]

    let name: String

    /// Whether files are on another machine.
    var isNetwork: Bool { Self.networkNames.contains(name) || name.hasPrefix("fuse") }
    /// Whether it only shows what the kernel knows: no program can keep a file there.
    var isKernel: Bool { Self.kernelNames.contains(name) }

    /// The type of what is at a path.
    ///
    /// - Returns: `nil` if nothing is there, or if the type is not known.
    init?(at path: String) {
        var status = stat()
        guard stat(path, &status) == 0,
            let mounts = try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
        else { return nil }
        self.init(ofDevice: UInt64(status.st_dev), mounts: mounts)
    }

    /// - Parameter mounts: A line for each mount: the third word is the device, and the type follows a dash.
    init?(ofDevice device: UInt64, mounts: String) {
        // As the C library composes them.
        let major = (device >> 8) & 0xfff | (device >> 32) & ~0xfff
        let minor = device & 0xff | (device >> 12) & ~0xff
        for line in mounts.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 2, words[2] == "\(major):\(minor)", let dash = words.firstIndex(of: "-"),
                let type = words[(dash + 1)...].first
            else { continue }
            name = String(type)
            return
        }
        return nil
    }
}
