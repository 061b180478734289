import FuzzDriver

/// Fuzzes the way to Redis and back.
@main enum Fuzzer {
    static func main() { FuzzDriver.run { try FuzzTarget.run($0) } }
}
