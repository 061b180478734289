extension ResponseTimeTrigger {
    /// Judges all populations: the most serious verdict is the trigger's.
    ///
    /// The parameters are those of reading one of them.
    package mutating func evaluate(
        at now: ClockReading, baseline: Baseline, waiting: LatencyHistogram = LatencyHistogram(),
        strategy: Strategy = .hybrid
    ) -> Evaluation {
        let texts = ResponseTimeSentence(settings: settings, now: now)
        let numbers = ResponseTimeFigures(settings: settings)
        var gravest = read(.service, at: now, baseline: baseline, waiting: waiting, strategy: strategy)
        var sentence = texts.sentence(gravest)
        var figures = numbers.figures(gravest)
        for (population, reading) in others(
            beside: gravest, at: now, baseline: baseline, waiting: waiting, strategy: strategy)
        {
            for (name, figure) in numbers.readings(reading) { figures[population.figureName(name)] = figure }
            if population == .application && reading.state == .inconclusive && gravest.state == .inconclusive {
                sentence += "; \(population.callers): \(texts.sentence(reading))"
            }
            guard reading.state.gravity > gravest.state.gravity else { continue }
            gravest = reading
            sentence = "\(population.callers): \(texts.sentence(reading))"
            if population == .application, !settings.trustsApplicationTimes {
                sentence += "; who reports is not known, so it does not roll back (RESPONSE_TIMES_TOKEN_FILE)"
            }
        }
        if gravest.isHeldBack { figures[Evaluation.heldBackFigure] = 1 }
        return Evaluation(
            trigger: .responseTime, time: now.wall, state: gravest.state, figures: figures, sentence: sentence)
    }

    /// The verdict alone, where no one asks what it was reached from.
    mutating func state(
        at now: ClockReading, baseline: Baseline, waiting: LatencyHistogram, strategy: Strategy
    ) -> TriggerState {
        let service = read(.service, at: now, baseline: baseline, waiting: waiting, strategy: strategy)
        let others = others(beside: service, at: now, baseline: baseline, waiting: waiting, strategy: strategy)
        let states = [service.state] + others.map(\.reading.state)
        return states.max { $0.gravity < $1.gravity } ?? service.state
    }

    /// Readings of the populations that are judged next to all of the service's callers.
    private mutating func others(
        beside service: Reading, at now: ClockReading, baseline: Baseline, waiting: LatencyHistogram, strategy: Strategy
    ) -> [(population: Population, reading: Reading)] {
        var others: [(population: Population, reading: Reading)] = []
        for population in [Population.waited, .application] {
            var reading = read(population, at: now, baseline: baseline, waiting: waiting, strategy: strategy)
            if population == .application, reading.state == .firing, !settings.trustsApplicationTimes {
                reading.state = .suspect
            }
            // Where no application reports, nothing speaks of them; where everybody waited, one verdict is enough.
            guard reading.samples > 0, population == .application || reading.samples < service.samples else { continue }
            others.append((population, reading))
        }
        return others
    }
}

extension ResponseTimeTrigger.Population {
    /// A figure of this population: the service's have the bare names.
    func figureName(_ name: String) -> String {
        self == .service ? name : rawValue + name.prefix(1).uppercased() + name.dropFirst()
    }

    /// As sentences call them.
    var callers: String {
        switch self {
        case .service: "callers"
        case .waited: "callers who wait for the candidate"
        case .application: "applications"
        }
    }
}

extension TriggerState {
    /// What goes before what, where one trigger judges several populations: a verdict before none.
    var gravity: Int {
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
