extension ResponseTimeTrigger {
    /// Judges both sources: the graver of the two is the verdict.
    ///
    /// The parameters are those of reading one source.
    package mutating func evaluate(
        at now: Moment, baseline: Baseline, waiting: LatencyHistogram = LatencyHistogram(),
        strategy: Strategy = .hybrid
    ) -> Evaluation {
        let door = read(.door, at: now, baseline: baseline, waiting: waiting, strategy: strategy)
        let application = read(.application, at: now, baseline: baseline, strategy: strategy)
        var figures = ResponseTimeFigures(settings: settings).figures(door)
        var graver = ResponseTimeSource.door
        // Where no application reports, nothing speaks of it.
        if application.samples > 0 {
            for (name, figure) in ResponseTimeFigures(settings: settings).readings(application) {
                figures["application" + name.prefix(1).uppercased() + name.dropFirst()] = figure
            }
            if application.state.gravity > door.state.gravity { graver = .application }
        }
        let sentences = ResponseTimeSentence(settings: settings, now: now)
        let verdict =
            switch graver {
            case .door: sentences.sentence(door)
            case .application: "applications: " + sentences.sentence(application)
            }
        return Evaluation(
            trigger: .responseTime, time: now.wall, state: graver == .door ? door.state : application.state,
            figures: figures, sentence: verdict)
    }
}

extension TriggerState {
    /// What goes before what, where one trigger judges two things: a verdict before none.
    fileprivate var gravity: Int {
        switch self {
        case .inconclusive: 0
        case .warming: 1
        case .ok: 2
        case .suspect: 3
        case .firing: 4
        }
    }
}

extension Baseline.State {
    package var stage: Baseline.Stage {
        switch self {
        case .learning: .learning
        case .frozen: .frozen
        case .stale: .stale
        }
    }

    /// The samples it stands on, or has so far.
    package var samples: Int {
        switch self {
        case .learning(let samples): samples
        case .frozen(let frozen), .stale(let frozen): frozen.samples.count
        }
    }
}
