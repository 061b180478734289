import Foundation

/// A factor that rises and falls once a day around 1, lowest at four in the morning.
struct DailyCycle: Sendable {
    /// How long the factor stays as it is.
    static let stepSeconds: Int64 = 900

    /// How far it swings, as a share: 0.2 is from 0.8 to 1.2.
    let swing: Double

    /// The step of the day that holds a second; always 0 if nothing swings, so that all steps are one.
    func step(atSecond second: Int64) -> Int {
        swing == 0 ? 0 : Int(second % 86_400 / DailyCycle.stepSeconds)
    }

    /// The factor in the middle of a step.
    func factor(inStep step: Int) -> Double {
        let hours = (Double(step) + 0.5) * Double(DailyCycle.stepSeconds) / 3_600
        return 1 - swing * cos(2 * .pi * (hours - 4) / 24)
    }
}
