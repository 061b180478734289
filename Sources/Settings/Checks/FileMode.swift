// To the compiler `stat` belongs to this module or to Glibc, depending on what is compiled beside it.
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
    /// Whether everybody may put another file in the place of one in this folder. Not if the folder is sticky, as `/tmp` is.
    var isFolderOpenToOthers: Bool { isFolder && mode & S_IWOTH != 0 && mode & S_ISVTX == 0 }
}

/// File systems whose files are on another machine, by the names that the kernel gives them in `/proc/self/mountinfo`.
enum NetworkFileSystem {
    private static let names: Set<Substring> = [
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "afs", "lustre", "virtiofs",
    ]

    /// The name of the network file system that a file is on, or would be made on; `nil` if it is a local one, or not known.
    static func name(at path: String) -> String? {
        var status = stat()
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard stat(path, &status) == 0 || stat(folder, &status) == 0,
            let mounts = try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
        else { return nil }
        return name(ofDevice: UInt64(status.st_dev), mounts: mounts)
    }

    /// - Parameter mounts: A line for each mount: the third word is the device, and the type follows a dash.
    static func name(ofDevice device: UInt64, mounts: String) -> String? {
        // As the C library composes them.
        let major = (device >> 8) & 0xfff | (device >> 32) & ~0xfff
        let minor = device & 0xff | (device >> 12) & ~0xff
        for line in mounts.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 2, words[2] == "\(major):\(minor)", let dash = words.firstIndex(of: "-") else {
                continue
            }
            guard let type = words[(dash + 1)...].first else { continue }
            return names.contains(type) || type.hasPrefix("fuse") ? String(type) : nil
        }
        return nil
    }
}
