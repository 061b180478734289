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
    var isWritableByOthers: Bool { mode & S_IWOTH != 0 }
}

/// File systems whose files are on another machine, by the numbers that the kernel gives them.
enum NetworkFileSystem {
    private static let names: [UInt32: String] = [
        0x6969: "NFS", 0x517b: "SMB", 0xff53_4d42: "SMB", 0xfe53_4d42: "SMB", 0x6573_5546: "FUSE", 0x0102_1997: "9P",
        0x00c3_6400: "Ceph", 0x5346_414f: "AFS", 0x0bd0_0bd0: "Lustre",
    ]

    /// The name of the network file system that a file is on, or would be made on; `nil` if it is a local one.
    static func name(at path: String) -> String? {
        var status = statfs()
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard statfs(path, &status) == 0 || statfs(folder, &status) == 0 else { return nil }
        return name(ofType: UInt32(truncatingIfNeeded: status.f_type))
    }

    static func name(ofType type: UInt32) -> String? { names[type] }
}
