import Foundation
package import ParallaxCore
import Synchronization

/// The baselines that instances of one flag file share, in a file of the folder next to it.
extension FlagStore {
    private static let baselineName = "baseline.json"

    /// The shared baselines as they were last read, with the bytes that they were read from.
    struct BaselineReading {
        var bytes: [UInt8]
        var baseline: SharedBaseline
    }

    /// What is shared, as of the last reading; `nil` if there is nothing.
    package var sharedBaseline: SharedBaseline? { work.withLock { $0.baseline?.baseline } }

    /// Shares what this instance has frozen.
    ///
    /// - Throws: ``FlagFileError`` if the folder cannot be written.
    package func share(_ baseline: Baseline) async throws(FlagFileError) {
        try await change { $0.merge(baseline) }
    }

    /// Voids all baselines, here and in all instances that share the file.
    ///
    /// - Throws: ``FlagFileError`` if the folder cannot be written.
    package func forgetBaselines(_ word: Acknowledgement) async throws(FlagFileError) {
        try await change { $0.forget(word) }
    }

    /// Reads what others have shared since. Runs on the store's queue.
    func readBaseline() {
        guard let target = try? file.resolved(),
            let bytes = SideFolder(beside: target).read(FlagStore.baselineName),
            work.withLock({ $0.baseline?.bytes != bytes }),
            let baseline = try? JSONDecoder().decode(SharedBaseline.self, from: Data(bytes))
        else { return }
        work.withLock { $0.baseline = BaselineReading(bytes: bytes, baseline: baseline) }
    }

    private func change(
        _ change: @escaping @Sendable (inout SharedBaseline) -> Void
    ) async throws(FlagFileError) {
        let result = await onQueue { () -> Result<Void, FlagFileError> in
            do throws(FlagFileError) {
                return .success(try self.changeOnQueue(change))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Under the lock, so that of two changes none is lost.
    private func changeOnQueue(_ change: (inout SharedBaseline) -> Void) throws(FlagFileError) {
        let target = try file.resolved()
        try FlagFileLock.hold(beside: target) { () throws(FlagFileError) in
            readBaseline()
            var baseline = sharedBaseline ?? SharedBaseline()
            let before = baseline
            change(&baseline)
            guard baseline != before else { return }
            try write(baseline, beside: target)
        }
    }

    private func write(_ baseline: SharedBaseline, beside target: String) throws(FlagFileError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        guard let data = try? encoder.encode(baseline) else { preconditionFailure("histograms cannot be encoded") }
        do throws(SystemCallError) {
            try SideFolder(beside: target).replace(FlagStore.baselineName, with: Array(data))
        } catch {
            throw FlagFileError(error, doing: "share a baseline next to", path: file.path)
        }
        work.withLock { $0.baseline = BaselineReading(bytes: Array(data), baseline: baseline) }
    }
}
