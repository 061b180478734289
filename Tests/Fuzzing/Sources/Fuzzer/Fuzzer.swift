import Glibc
import LibFuzzer

/// Runs the fuzz targets under libFuzzer, whose options are this command's.
@main enum Fuzzer {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments, runTargets))
    }
}

/// What libFuzzer's own `main` calls: a debug build links that one, since the one above has another name there.
@_cdecl("LLVMFuzzerTestOneInput")
func runTargets(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
        try FuzzTarget.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    } catch {
        fatalError("\(error)")
    }
    return 0
}
