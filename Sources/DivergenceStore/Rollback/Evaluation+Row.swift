import Foundation
import GRDB
import ParallaxCore

extension Evaluation {
    /// The columns that an evaluation has in both tables that hold one.
    static let columns = """
        time, trigger_name, state, CAST(figures AS BLOB) AS figures, CAST(sentence AS BLOB) AS sentence
        """

    init(_ row: Row) throws {
        let trigger: String = row["trigger_name"]
        let state: String = row["state"]
        guard let trigger = Trigger(rawValue: trigger), let state = TriggerState(rawValue: state) else {
            throw DivergenceStoreError(
                .corrupt, "an evaluation names an unknown trigger or state: \(trigger), \(state)")
        }
        self.init(
            trigger: trigger, time: Timestamp(milliseconds: row["time"]), state: state,
            figures: try StoredFigures.decode(row["figures"]), sentence: (row["sentence"] as ExactText).text)
    }

    /// The values of those columns; the last two are bytes to be cast to text.
    func values() throws -> [DatabaseValue] {
        [
            time.milliseconds.databaseValue, trigger.rawValue.databaseValue, state.rawValue.databaseValue,
            try StoredFigures.encode(figures).databaseValue, ExactText(sentence).databaseValue,
        ]
    }
}
