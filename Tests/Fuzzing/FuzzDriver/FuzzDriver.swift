import Glibc
import LibFuzzer

/// libFuzzer with one program's targets.
package enum FuzzDriver {
    /// Set once, before libFuzzer starts.
    nonisolated(unsafe) fileprivate static var target: ([UInt8]) throws -> Void = { _ in }

    /// Runs a target under libFuzzer, whose options are the command's.
    package static func run(_ target: @escaping ([UInt8]) throws -> Void) -> Never {
        self.target = target
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments, runTarget))
    }
}

private let runTarget: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt = { bytes, count in
    do {
        try FuzzDriver.target(Array(UnsafeBufferPointer(start: bytes, count: count)))
    } catch {
        fatalError("\(error)")
    }
    return 0
}

/// What libFuzzer's own `main` calls. It is never run, and the linker wants it nevertheless.
@_cdecl("LLVMFuzzerTestOneInput")
func unused(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt { runTarget(bytes, count) }
