package import ParallaxCore

/// Tells several observers of each decision, in turn.
package struct ObserverGroup: DecisionObserver {
    private let observers: [any DecisionObserver]

    package init(_ observers: [any DecisionObserver]) {
        self.observers = observers
    }

    package func answered(_ answer: Answer) {
        for observer in observers { observer.answered(answer) }
    }

    package func attempted(_ candidate: Observation) {
        for observer in observers { observer.attempted(candidate) }
    }

    package func compared(_ comparison: Comparison) {
        for observer in observers { observer.compared(comparison) }
    }

    package func heldOut(_ request: CheckRequest, _ answer: Answer) {
        for observer in observers { observer.heldOut(request, answer) }
    }
}
