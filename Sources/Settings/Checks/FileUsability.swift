import CDispatch
import FeatureFlags
import Foundation
import Glibc
import ParallaxCore

// To the compiler `stat` belongs to this module or to Glibc, depending on what is compiled next to it.

/// Whether a file can be opened or made at a path, as far as that shows without trying. What a path is comes first,
/// then whether it may be used.
enum FileUsability: Equatable {
    case usable
    /// No state of the disk makes this right: the path itself is wrong.
    case impossible(String)
    case missingFolder(String)
    case unusable(String)

    init(_ path: String) {
        let name = DisplayText.quoted(path)
        let folder = Self.folder(of: path)
        if let system = FileSystemType(at: Self.nearestExisting(path)), system.isKernel {
            self = .impossible("\(name) is on a file system of the kernel (\(system.name)), which keeps no other files")
        } else if let mode = Self.mode(path) {
            self = Self.existing(path, mode)
        } else if errno == ELOOP {
            self = .impossible("\(name) is a symbolic link in a loop")
        } else if errno == ENAMETOOLONG {
            self = .impossible("\(name) is longer than paths can be")
        } else if Self.isLink(path) {
            self = .unusable("\(name) is a dangling symbolic link")
        } else if path.hasSuffix("/") {
            self = .impossible("\(name) is a folder, not a file")
        } else {
            self = Self.missing(path, in: folder)
        }
    }

    private static func existing(_ path: String, _ mode: mode_t) -> FileUsability {
        let name = DisplayText.quoted(path)
        switch mode & S_IFMT {
        case S_IFREG: return access(path, R_OK) == 0 ? .usable : .unusable("\(name) cannot be read")
        case S_IFDIR: return .impossible("\(name) is a folder, not a file")
        default: return .impossible("\(name) is a pipe, a socket or a device, not a file")
        }
    }

    private static func missing(_ path: String, in folder: String) -> FileUsability {
        let name = DisplayText.quoted(path)
        let nearest = nearestExisting(folder)
        guard let mode = mode(nearest), mode & S_IFMT == S_IFDIR else {
            return nearest == folder
                ? .impossible("the folder of \(name) is a file")
                : .impossible("\(DisplayText.quoted(nearest)) on the way to \(name) is a file")
        }
        guard access(nearest, W_OK | X_OK) == 0 else {
            return nearest == folder
                ? .unusable("the folder of \(name) cannot be written")
                : .unusable("the folder of \(name) does not exist and cannot be made")
        }
        return nearest == folder ? .usable : .missingFolder("the folder of \(name) does not exist")
    }

    private static func mode(_ path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode : nil
    }

    private static func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    private static func folder(of path: String) -> String {
        FlagFile.split(path).folder
    }

    /// The path itself, or the nearest folder on the way to it that is there.
    static func nearestExisting(_ path: String) -> String {
        var path = path
        while path != "/", path != ".", access(path, F_OK) != 0 { path = folder(of: path) }
        return path
    }
}

// To the compiler `stat` belongs to this module or to Glibc, depending on what is compiled next to it.

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
