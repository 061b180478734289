import CommandSupport
import DivergenceStore
import ParallaxCore

/// What reviewers said, as lines for a terminal.
enum SettlementsText {
    static func lines(_ statuses: [SettlementStatus]) -> [String] {
        statuses.flatMap { status in
            let settlement = status.settlement
            return [
                "\(status.state.rawValue)  \(settlement.judgement.rawValue)  "
                    + settlement.group.description.escapedForTerminal,
                "  \(settlement.time.text) UTC by \(settlement.by.escapedForTerminal): "
                    + settlement.note.escapedForTerminal,
                "  then \(share(settlement.share)), now \(share(status.share))",
            ]
        }
    }

    static func share(_ share: Settlement.Share) -> String {
        NumberFormat.share(ShareEstimate(share.divergences, of: share.compared).share)
            + " (\(NumberFormat.count(share.divergences)))"
    }
}
