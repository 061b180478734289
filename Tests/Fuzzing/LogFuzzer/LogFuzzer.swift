import FuzzDriver

/// Fuzzes the readers of access logs and of JSON.
@main enum LogFuzzer {
    static func main() { FuzzDriver.run { try FuzzTarget.run($0) } }
}
