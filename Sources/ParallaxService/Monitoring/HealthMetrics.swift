import DivergenceStore
import ParallaxCore
import RedisLimiting

/// What a health report says, as metrics.
struct HealthMetrics {
    let report: HealthReport

    func write(to text: inout PrometheusText) {
        writeState(to: &text)
        writeRecorder(to: &text)
        writeTriggers(to: &text)
        writeResponseTimes(to: &text)
        writeMemory(to: &text)
        writeRefusals(to: &text)
        writeAlerts(to: &text)
    }

    /// One sample for each case, 1 for the one that holds.
    private func write<State: CaseIterable & Equatable & RawRepresentable<String>>(
        _ name: String, label: String, _ current: State, help: String, to text: inout PrometheusText
    ) {
        text.begin(name, .gauge, help: help)
        for state in State.allCases {
            text.sample(name, .init(dictionaryLiteral: (label, state.rawValue)), state == current ? 1 : 0)
        }
    }

    private func writeState(to text: inout PrometheusText) {
        write("parallax_strategy", label: "strategy", report.strategy, help: "The strategy in force.", to: &text)
        write(
            "parallax_redis_state", label: "state", report.redis.state, help: "Redis by its last probes.", to: &text)
        write(
            "parallax_redis_breaker_state", label: "state", report.redis.breaker, help: "The circuit breaker.",
            to: &text)
        text.begin(
            "parallax_redis_connection_failures_total", .counter, help: "Connections to Redis that failed or were lost."
        )
        text.sample("parallax_redis_connection_failures_total", report.redis.connectionFailures)
        text.begin(
            "parallax_redis_replaced_values_total", .counter,
            help: "Values under keys of the limiter that no release of it wrote and that were replaced.")
        text.sample("parallax_redis_replaced_values_total", report.redis.replacedForeignValues)
        text.begin("parallax_p0_13b_compliance", .gauge, help: "1 if limits are shared and closed on failure.")
        text.sample("parallax_p0_13b_compliance", HealthVerdict(report).isCompliant ? 1 : 0)
        text.begin("parallax_enforcement_percent", .gauge, help: "The share of identities given to the candidate.")
        text.sample("parallax_enforcement_percent", report.flags.values.enforcementPercent)
        text.begin(
            "parallax_flag_invalid_reads_total", .counter, help: "Readings of the flag file that were not valid.")
        text.sample("parallax_flag_invalid_reads_total", report.flags.invalidReads)
        text.begin("parallax_flag_file_valid", .gauge, help: "1 if the flag file as it is now is valid.")
        text.sample("parallax_flag_file_valid", report.flags.isLoaded && report.flags.problem == nil ? 1 : 0)
        text.begin("parallax_flag_file_writable", .gauge, help: "1 if a rollback could write the flag file.")
        text.sample("parallax_flag_file_writable", report.flags.writeProblem == nil ? 1 : 0)
    }

    /// Zeros if no one looks for alerts.
    private func writeAlerts(to text: inout PrometheusText) {
        text.begin("parallax_alert_firing", .gauge, help: "1 if the alert is firing.")
        for name in Alert.Name.allCases {
            let holds = report.alerts?.firing.contains(name) ?? false
            text.sample("parallax_alert_firing", ["alertname": name.rawValue], holds ? 1 : 0)
        }
        text.begin(
            "parallax_alert_notifications_total", .counter, help: "Attempts to tell a receiver of alerts, by outcome.")
        text.sample(
            "parallax_alert_notifications_total", ["outcome": "delivered"], report.alerts?.delivered ?? 0)
        text.sample("parallax_alert_notifications_total", ["outcome": "failed"], report.alerts?.failures ?? 0)
    }

    private func writeRecorder(to text: inout PrometheusText) {
        text.begin("parallax_recorder_pending", .gauge, help: "Comparisons waiting to be written.")
        text.sample("parallax_recorder_pending", report.recorder.pending)
        text.begin("parallax_recorder_written_total", .counter, help: "Comparisons written.")
        text.sample("parallax_recorder_written_total", report.recorder.written)
        text.begin("parallax_recorder_dropped_total", .counter, help: "Comparisons that could not be recorded.")
        // Zeros too: an increase is seen only from a sample that was there before.
        for reason in DropReason.allCases.map(\.rawValue) {
            text.sample("parallax_recorder_dropped_total", ["reason": reason], report.recorder.dropped[reason] ?? 0)
        }
    }

    private func writeTriggers(to text: inout PrometheusText) {
        text.begin("parallax_trigger_state", .gauge, help: "The state of each rollback trigger.")
        for reading in report.triggers {
            for state in TriggerState.allCases {
                text.sample(
                    "parallax_trigger_state", ["trigger": reading.trigger.rawValue, "state": state.rawValue],
                    reading.state == state ? 1 : 0)
            }
        }
        text.begin(
            "parallax_trigger_armed", .gauge, help: "1 if a trigger could fire, 0 if it lacks data or a baseline.")
        for reading in report.triggers {
            text.sample("parallax_trigger_armed", ["trigger": reading.trigger.rawValue], reading.isArmed ? 1 : 0)
        }
        text.begin("parallax_trigger_latched", .gauge, help: "1 if the trigger fired and was not acknowledged.")
        for reading in report.triggers {
            text.sample(
                "parallax_trigger_latched", ["trigger": reading.trigger.rawValue], reading.isLatched ? 1 : 0)
        }
    }

    private func writeResponseTimes(to text: inout PrometheusText) {
        text.begin("parallax_baseline_state", .gauge, help: "What response times are compared with, by source.")
        for baseline in report.baselines {
            for stage in Baseline.Stage.allCases {
                text.sample(
                    "parallax_baseline_state", ["source": baseline.source.rawValue, "state": stage.rawValue],
                    baseline.state.stage == stage ? 1 : 0)
            }
        }
        text.begin("parallax_baseline_samples", .gauge, help: "The response times that the baseline holds.")
        for baseline in report.baselines {
            text.sample(
                "parallax_baseline_samples", ["source": baseline.source.rawValue], baseline.state.samples)
        }
        text.begin("parallax_waiting_callers", .gauge, help: "Callers who wait for Redis at this moment.")
        text.sample("parallax_waiting_callers", report.waiting.callers)
        text.begin(
            "parallax_waiting_callers_untracked", .gauge,
            help: "Waiting callers whose waits did not fit the table of start times.")
        text.sample("parallax_waiting_callers_untracked", report.waiting.untracked)
    }

    private func writeMemory(to text: inout PrometheusText) {
        text.begin("parallax_memory_identities", .gauge, help: "Identities that the legacy limiter remembers.")
        text.sample("parallax_memory_identities", report.memory.identities)
        text.begin("parallax_memory_bytes", .gauge, help: "Bytes that they take.")
        text.sample("parallax_memory_bytes", report.memory.bytes)
        text.begin("parallax_memory_evictions_total", .counter, help: "Identities dropped to stay within the bounds.")
        text.sample("parallax_memory_evictions_total", report.memory.evictions)
    }

    /// Zeros if refusals are not kept.
    private func writeRefusals(to text: inout PrometheusText) {
        let refusals = report.refusals
        text.begin(
            "parallax_refusal_cache_refusals_total", .counter,
            help: "Requests refused by a remembered refusal of Redis, without asking Redis again.")
        text.sample("parallax_refusal_cache_refusals_total", refusals?.refusals ?? 0)
        text.begin("parallax_refusal_cache_in_use", .gauge, help: "1 if refusals may be repeated.")
        text.sample("parallax_refusal_cache_in_use", refusals?.isInUse == true ? 1 : 0)
        text.begin("parallax_refusal_cache_identities", .gauge, help: "Identities whose refusals are kept.")
        text.sample("parallax_refusal_cache_identities", refusals?.identities ?? 0)
        text.begin(
            "parallax_refusal_cache_evictions_total", .counter, help: "Identities dropped to stay within the bound.")
        text.sample("parallax_refusal_cache_evictions_total", refusals?.evictions ?? 0)
    }
}
