"""The list of ablations: for each rule of checking, how to break it, and which tests must notice.

`old` stands exactly once in its file under `tasksim/_explore/`; `new` takes its place.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ABLATIONS", "Ablation"]


class Ablation(NamedTuple):
    """One rule, broken.

    Attributes:
        name: Which rule, in words, as it is now.
        file: The file under `tasksim/_explore/`.
        old: What stands there, exactly once.
        new: What is put in its place.
        tests: The tests of which at least one must fail: files or tests, as pytest takes them.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def bugs(*names: str) -> tuple[str, ...]:
    """Name the tests that bugs of the zoo are found."""
    return tuple(f"zoo/test_zoo.py::test_bug_is_found_with_its_least_plan[{name}]" for name in names)


def refused(name: str) -> tuple[str, ...]:
    """Name the test that a bug of the zoo is refused."""
    return (f"zoo/test_zoo.py::test_bug_is_refused_by_name[{name}]",)


def correct(name: str, profile: str) -> tuple[str, ...]:
    """Name the test that nothing is found in a correct definition."""
    return (f"zoo/test_correct.py::test_nothing_is_found_with_one_fault[{name}-{profile}]",)


def brute_force(test: str, model: str = "tiniest") -> tuple[str, ...]:
    """Name a test that compares an exploration with the enumerator's."""
    return (f"explore/test_brute_force.py::test_{test}[{model}-strand]",)


def rule(file: str, test: str) -> tuple[str, ...]:
    """Name a test of `tests/explore/`."""
    return (f"explore/test_{file}.py::test_{test}",)


CONTRACTS = (
    Ablation(
        "an effect that must be done exactly once may be repeated",
        "judges/contracts.py",
        'return contract == "any"',
        'return contract in ("any", "exactly_once")',
        bugs("cursor_off_by_one"),
    ),
    Ablation(
        "what declares no contract may be repeated without a breaking fault",
        "judges/contracts.py",
        'contract = "at_least_once" if relaxed else "exactly_once"',
        'contract = "at_least_once"',
        bugs("cursor_off_by_one"),
    ),
    Ablation(
        "what declares no contract must be done once even if a crashed event is handled again",
        "judges/contracts.py",
        'contract = "at_least_once" if relaxed else "exactly_once"',
        'contract = "exactly_once"',
        rule("judge_contracts", "more_often_where_no_host_can_do_better"),
    ),
    Ablation(
        "a breaking fault alone relaxes contracts, though nothing is handled again",
        "judges/contracts.py",
        "return breaks and facts.is_handled_again",
        "return breaks",
        bugs("ambiguous_write_retried"),
    ),
    Ablation(
        "repeats may have other data",
        "judges/contracts.py",
        "return done.slot not in data or done.data in data[done.slot]",
        "return True",
        rule("judge_contracts", "repeats_with_equal_data"),
    ),
    Ablation(
        "an effect that is wanted at most once must be done",
        "judges/contracts.py",
        'if contracts[slot] not in ("any", "at_most_once"):',
        'if contracts[slot] != "any":',
        rule("judge_contracts", "less_often"),
    ),
    Ablation(
        "an effect that is wanted at most once may be repeated",
        "judges/contracts.py",
        'return contract == "any"',
        'return contract in ("any", "at_most_once")',
        rule("judge_contracts", "more_often"),
    ),
    Ablation(
        "an effect that may be done as often as you like is counted",
        "judges/contracts.py",
        'return contract == "any"',
        "return False",
        rule("judge_contracts", "more_often"),
    ),
    Ablation(
        "a child may be triggered again after a crash",
        "judges/contracts.py",
        "if done.slot[0] == TRIGGER:\n        return False",
        "if done.slot[0] == TRIGGER:\n        return relaxed",
        rule("judge_contracts", "children_are_triggered_exactly_once"),
    ),
    Ablation(
        "children are not counted",
        "facts.py",
        "found += self._children()",
        "self._children()",
        rule("judge_contracts", "children_are_triggered_exactly_once"),
    ),
    Ablation(
        "effects that are lacking are not looked for",
        "judges/contracts.py",
        "lost += [slot] * (n - facts.counts[slot])",
        "lost += []",
        bugs("save_before_effect"),
    ),
    Ablation(
        "a new effect is a finding even if an effect has failed",
        "judges/contracts.py",
        "_new_names(facts, uncut) if facts.kinds & set(_FAILING) else set()",
        "set()",
        rule("judge_contracts", "alarms"),
    ),
)

RESUME = (
    Ablation(
        "outputs are not compared",
        "judges/resume.py",
        'if "deleted" in (mine.status, its.status):',
        "if True:",
        bugs("output_lost_when_done_is_cut"),
    ),
    Ablation(
        "final states are not compared",
        "judges/resume.py",
        "return _of_state(case)",
        "return None",
        bugs("order_dependent"),
    ),
    Ablation(
        "final states are compared although an effect was repeated within its contract",
        "judges/resume.py",
        "if len(succeeded) == len(uncut.tasks) and facts.counts == uncut.counts:",
        "if len(succeeded) == len(uncut.tasks):",
        rule("judge_resume", "no_state_after_another_number_of_effects"),
    ),
    Ablation(
        "a task that is cut without harm may end otherwise",
        "judges/resume.py",
        "if _must_end_equally(case):",
        "if False:",
        bugs("max_iterations_too_low"),
    ),
    Ablation(
        "a task that a host runs again after a crash may end otherwise",
        "judges/resume.py",
        "return not kinds & _KILLS or host.retries > 0 or host.redeliver_ms is not None",
        "return not kinds & _KILLS",
        rule("judge_resume", "must_end_as_uncut"),
    ),
    Ablation(
        "a task that failed owes its effects",
        "judges/resume.py",
        "if _is_success(task) and _is_success(facts.tasks.get(key))",
        "if _is_success(task)",
        correct("polite_pauses", "documented"),
    ),
    Ablation(
        "true equals 1",
        "comparing.py",
        "return [] if first == second and isinstance(first, bool) == isinstance(second, bool) else [path]",
        "return [] if first == second else [path]",
        rule("judge_resume", "unequal_as_json"),
    ),
)

ABORTS = (
    Ablation(
        "effects may follow once the task was told of its abort",
        "judges/aborts.py",
        "if after.later:",
        "if False:",
        rule("judge_aborts", "no_effect_once_told"),
    ),
    Ablation(
        "a task that was told of its abort may answer anything",
        "judges/aborts.py",
        'if after.told and after.answer not in ("aborted", None) and not after.stopped:',
        "if False:",
        rule("judge_aborts", "it_answers_aborted_once_told"),
    ),
    Ablation(
        "any number of effects may follow an abort",
        "judges/aborts.py",
        "if len(after.effects) > most:",
        "if False:",
        bugs("ignores_abort_in_inner_loop"),
    ),
    Ablation(
        "how many effects may follow an abort is not asked",
        "judges/aborts.py",
        "most = case.options.abort_within",
        "most = 1",
        rule("options", "without_switches_a_judge_off"),
    ),
    Ablation(
        "a task may take back an abort that stands",
        "judges/aborts.py",
        'if facts.engine.profile.abort_stands and task.status not in ("aborted", "deleted"):',
        "if False:",
        rule("judge_aborts", "an_abort_that_stands_is_the_end"),
    ),
    Ablation(
        "what follows an abort that the engine overwrote is held against the task",
        "judges/aborts.py",
        "if not self.overwritten:",
        "if name:",
        rule("judge_aborts", "effects_after_a_loss_do_not_count"),
    ),
    Ablation(
        "aborts that the engine lost are not reported",
        "judges/aborts.py",
        "return any(after.overwritten and",
        "return False and any(after.overwritten and",
        rule("judge_aborts", "lost_by_the_engine"),
    ),
    Ablation(
        "effects of hooks count as work after an abort",
        "judges/aborts.py",
        "if event.hook is None:",
        "if event.hook != 0:",
        rule("judge_aborts", "hooks_are_no_work_of_the_run"),
    ),
)

ENDINGS = (
    Ablation(
        "a record may say running though the machine has ended",
        "judges/endings.py",
        'return task.machine in _ENDED and task.status in ("pending", "running")',
        "return False",
        bugs("answers_aborted_unasked"),
    ),
    Ablation(
        "a failing write of the engine's is no excuse for a stranded task",
        "judges/endings.py",
        "or strikes_engine_write(facts):",
        "or False:",
        rule("judge_endings", "what_excuses_a_stranded_task"),
    ),
    Ablation(
        "hooks may repeat their effects",
        "judges/endings.py",
        "if seen[done.slot] > max(expected[done.slot], 1) and not declared:",
        "if False:",
        bugs("hook_assumes_saved"),
    ),
    Ablation(
        "hooks may not repeat what they declare as repeatable",
        "judges/endings.py",
        'declared = done.contract in ("any", "at_least_once")',
        "declared = False",
        rule("judge_endings", "hooks_may_repeat"),
    ),
    Ablation(
        "a task need not come to an end",
        "judges/endings.py",
        "if not facts.is_endless:",
        "if True:",
        bugs("waits_for_failed_child"),
    ),
    Ablation(
        "an end is waited for during a few events only",
        "baseline.py",
        "_MOST_LATER = 50",
        "_MOST_LATER = 5",
        rule("judge_endings", "an_end_within_fifty_events_more"),
    ),
    Ablation(
        "an end must be reached though a killed task is never run again",
        "judges/endings.py",
        'any(task.machine == "UnknownError" for task in tasks):',
        "False:",
        rule("judge_endings", "what_excuses_waiting_for_ever"),
    ),
    Ablation(
        "assertions in tasks and fakes are not reported",
        "judges/endings.py",
        "if not isinstance(error, AssertionError):",
        "if True:",
        rule("judge_endings", "assertions_are_findings"),
    ),
    Ablation(
        "misuse under a plan is not reported",
        "judges/endings.py",
        "if not isinstance(error, TasksimError) or isinstance(error, AssertionError | Merged):",
        "if True:",
        rule("judge_endings", "misuse_is_a_finding"),
    ),
    Ablation(
        "a stored input may have any size",
        "judges/growth.py",
        "if size > _MOST_BYTES:",
        "if False:",
        bugs("grows_past_the_limit"),
    ),
    Ablation(
        "what is stored may grow with each event",
        "judges/growth.py",
        "_EVENTS = 50",
        "_EVENTS = 5_000",
        bugs("log_growth"),
    ),
    Ablation(
        "what is stored may not grow with each effect",
        "judges/growth.py",
        "is_new = is_new or (event.name",
        "is_new = is_new and (event.name",
        rule("judge_growth", "new_effects"),
    ),
)

PROGRESS = (
    Ablation(
        "the progress run cuts before any work is done",
        "progress.py",
        "return self._has_worked(engine, scope)",
        "return True",
        rule("progress", "not_cut_without_work"),
    ),
    Ablation(
        "equal starts are a livelock although time has passed between them",
        "progress.py",
        "return len(began) > 1 and (began[-1] == began[-2] or len(began) > _WAITS)",
        "return len(began) > 1",
        rule("progress", "fifty_polls"),
    ),
    Ablation(
        "equal starts are no livelock",
        "progress.py",
        "self.is_stuck = True",
        "self.is_stuck = False",
        bugs("delay_livelock"),
    ),
    Ablation(
        "a task is stuck although another is due",
        "progress.py",
        "return False  # what else is due may change something",
        "pass",
        rule("progress", "something_else_is_due"),
    ),
    Ablation(
        "effects between two starts are no progress",
        "progress.py",
        "new = len(self._slots) + len(engine.lives)",
        "new = len(engine.lives)",
        rule("progress", "new_effects_are_progress"),
    ),
    Ablation(
        "questions(n) is not heeded",
        "progress.py",
        "return self._asked > self._questions",
        "return True",
        rule("progress", "questions"),
    ),
)

WATCHING = (
    Ablation(
        "faults may come before the last one of a plan",
        "watching.py",
        "if self._notes and not self._left:\n            self.touches.append(self.spot(touch))",
        "if self._notes:\n            self.touches.append(self.spot(touch))",
        brute_force("none_is_run_twice_or_in_vain"),
    ),
    Ablation(
        "events that are delivered again are not noted",
        "watching.py",
        "self.delivered_again = True",
        "self.delivered_again = False",
        bugs("hook_assumes_saved"),
    ),
    Ablation(
        "events after the last fault are not counted",
        "watching.py",
        "self.events += 1",
        "self.events += 0",
        rule("watching", "a_run_without_an_end_is_ended"),
    ),
    Ablation(
        "events before the last fault are counted too",
        "watching.py",
        "super()._note_fired(fault)\n        self.events = 0",
        "super()._note_fired(fault)",
        rule("watching", "events_are_counted_from_the_last_fault"),
    ),
)

CANDIDATES = (
    Ablation(
        "a task is aborted in its events only",
        "kinds.py",
        "return spot.has_task",
        "return spot.has_task and spot.in_event",
        rule("kinds", "calls_from_outside"),
    ),
    Ablation(
        "lost acknowledgements are not tried",
        "kinds.py",
        "return spot.in_event if self.kind in _IN_EVENTS else True",
        'return spot.in_event if self.kind in _IN_EVENTS else self.kind != "lost_ack"',
        brute_force("as_many_of_one_fault"),
    ),
    Ablation(
        "events are not delivered again",
        "watching.py",
        'self.touches.append(Spot(CheckpointName(life.label, "event", None, n), is_end=True))',
        "pass",
        brute_force("as_many_of_two_faults"),
    ),
    Ablation(
        "a fresh instance is given to the first event",
        "watching.py",
        "return touch.n > 1 or any(",
        "return touch.n > 0 or any(",
        rule("kinds", "cold_where_it_makes_a_difference"),
    ),
    Ablation(
        "twins are run",
        "candidates.py",
        "has_twin = self._twins and has_twin_at(kind, spot)",
        "has_twin = False",
        rule("kinds", "crash_after_what_changes_nothing_is_the_crash_before_it"),
    ),
    Ablation(
        "twins are left out although touches take time",
        "candidates.py",
        "return not tick_ms and",
        "return",
        rule("kinds", "crash_after_what_changes_nothing_is_the_crash_before_it"),
    ),
    Ablation(
        "crashes after a touch are left out although those before it are not tried",
        "candidates.py",
        "return not tick_ms and len(crashes) == 2",
        "return not tick_ms",
        rule("search", "twins_are_skipped"),
    ),
    Ablation(
        "effects are taken for touches that change nothing",
        "kinds.py",
        '_QUIET_GROUPS = ("runtime.",',
        '_QUIET_GROUPS = ("effect.", "runtime.",',
        rule("kinds", "crash_after_what_changes_nothing_is_the_crash_before_it"),
    ),
    Ablation(
        "single faults are run in the order of touches",
        "candidates.py",
        "return sorted(found, key=lambda pair: pair[0].sort_key())",
        "return found",
        rule("kinds", "where_a_kind_strikes"),
    ),
    Ablation(
        "the seed does not order pairs",
        "candidates.py",
        'sha256(f"{seed} {render(branch.plan)}".encode()).digest()',
        "render(branch.plan)",
        rule("search", "the_seed_orders_what_is_equally_near"),
    ),
    Ablation(
        "pairs do not come by distance",
        "candidates.py",
        "for candidate in self.at(touches[distance]):",
        "for candidate in self.at(touches[-1 - distance]):",
        rule("search", "pairs_come_by_distance"),
    ),
)

SEARCH = (
    Ablation(
        "pairs are not run",
        "search.py",
        "for n in range(1, deepest + 1):",
        "for n in range(1, 2):",
        brute_force("as_many_of_two_faults"),
    ),
    Ablation(
        "the first failure is kept, not the least",
        "search.py",
        "elif plan.sort_key() < before.plan.sort_key():",
        "elif False:",
        rule("rules_noticed", "the_least_failure_is_told"),
    ),
    Ablation(
        "the progress run is left out",
        "search.py",
        "if n == 1:\n                    self.run_progress()",
        "pass",
        bugs("delay_livelock"),
    ),
    Ablation(
        "what was run counts as left",
        "search.py",
        "counts.left -= 1",
        "counts.left -= 0",
        brute_force("as_many_of_two_faults"),
    ),
    Ablation(
        "max_runs is no bound",
        "search.py",
        "if self.coverage.explored >= options.max_runs:",
        "if False:",
        rule("search", "max_runs"),
    ),
    Ablation(
        "a check that ended early passes",
        "checking.py",
        "if is_idle or coverage.singles_left or (require_complete and coverage.left):",
        "if False:",
        rule("checking", "singles_left_are_no_pass"),
    ),
    Ablation(
        "the uncut run is not judged",
        "search.py",
        "        self.judge_uncut()\n        try:\n            deepest",
        "        try:\n            deepest",
        bugs("log_growth"),
    ),
    Ablation(
        "what is remembered is not tried first",
        "search.py",
        "facts = self.run(token.plan)\n                self.coverage.extra += 1",
        "continue",
        rule("search", "first_come_first"),
    ),
)

BASELINE = (
    Ablation(
        "the uncut run is made once",
        "baseline.py",
        "_refuse_different(lab, first, _again(lab))",
        "_refuse_different(lab, first, first)",
        refused("counts_in_module_global"),
    ),
    Ablation(
        "the uncut run is not made elsewhere",
        "baseline.py",
        "volatile = find_volatile(lab, first)",
        "volatile = ()",
        correct("stamps_times", "documented"),
    ),
    Ablation(
        "the key of an effect may depend on the start",
        "elsewhere.py",
        "            _refuse_other_keys(lab, first, there)\n",
        "",
        rule("elsewhere", "an_effect_key_that_changes"),
    ),
    Ablation(
        "time does not pass in the uncut run elsewhere",
        "elsewhere.py",
        'if not lab.world.get("tick"):',
        "if False:",
        rule("elsewhere", "a_tick_finds_what_depends_on_time_alone"),
    ),
    Ablation(
        "the uncut run may end in any way",
        "baseline.py",
        "if is_root and end_of(task)[1] != expect:",
        "if False:",
        rule("baseline", "it_fails"),
    ),
    Ablation(
        "a check in which no fault has a place passes",
        "checking.py",
        "if not search.found and not any(search.candidates.at(spot) for spot in touches):",
        "if False:",
        rule("checking", "nothing_to_cut"),
    ),
)

SMALLER = (
    Ablation(
        "plans are not made smaller",
        "minimising.py",
        "found = _smaller_plan(search, judge, found)\n    target",
        "target",
        rule("minimising", "plans_tried_first_shrink"),
    ),
    Ablation(
        "no fault is exchanged for a simpler one",
        "minimising.py",
        "if simpler.sort_key() < plan.sort_key():",
        "if False:",
        rule("minimising", "each_fault_is_exchanged_for_the_simplest"),
    ),
    Ablation(
        "inputs are not made smaller",
        "minimising.py",
        "if least != target.input:",
        "if False:",
        rule("minimising", "inputs_shrink"),
    ),
    Ablation(
        "budgets are not made simpler",
        "minimising.py",
        "if settings.budget_ms < Settings().budget_ms and",
        "if False and",
        rule("minimising", "budgets_grow_to_the_default"),
    ),
    Ablation(
        "a finding is told although its second run differs",
        "telling.py",
        "different = nondeterministic(search.lab, facts, again)",
        "different = None",
        rule("telling", "the_first_difference_is_told"),
    ),
    Ablation(
        "a finding is told although it is not found again",
        "telling.py",
        "if verdict != found.verdict:",
        "if verdict is None:",
        rule("telling", "not_found_again"),
    ),
)

MERGING = (
    Ablation(
        "states are equal although effects differ",
        "merging.py",
        "for each in facts.effects],",
        "for each in ()],",
        rule("states", "effects_count_as_they_are"),
    ),
    Ablation(
        "states are equal although other things are due",
        "merging.py",
        "for entry in engine.agenda.entries()],",
        "for entry in ()],",
        rule("states", "acts_count_by_time_and_name"),
    ),
    Ablation(
        "states are equal although a fake differs",
        "merging.py",
        "for n, each in enumerate(sim._tracked, 1)",
        "for n, each in ()",
        rule("states", "fakes_count_by_their_value"),
    ),
    Ablation(
        "states are equal although the records differ",
        "merging.py",
        "for _, record in engine.store.tasks()],",
        "for _, record in ()],",
        rule("states", "what_differs_is_another_state"),
    ),
    Ablation(
        "runs with an abort are merged",
        "merging.py",
        'if not facts.is_built or "abort" in facts.kinds:',
        "if not facts.is_built:",
        rule("states", "never_merged"),
    ),
)

RANDOM = (
    Ablation(
        "random runs go on although nothing new happens",
        "random_search.py",
        "quiet = 0 if new else quiet + 1",
        "quiet = 0",
        rule("random_search", "patience"),
    ),
    Ablation(
        "random runs end although something new happens",
        "random_search.py",
        "quiet = 0 if new else quiet + 1",
        "quiet = quiet + 1",
        rule("random_search", "patience"),
    ),
    Ablation(
        "random runs are the same for each seed",
        "random_search.py",
        'Draws(f"{options.random_seed} {n}")',
        'Draws(f"{n}")',
        rule("random_search", "the_same_seed_makes_the_same_runs"),
    ),
)

INVARIANTS = (
    Ablation(
        "what must always hold is asked at the end only",
        "laboratory.py",
        "if self.options.always:",
        "if False:",
        rule("invariants", "always_is_asked_after_each_event"),
    ),
    Ablation(
        "goals that are reached are not counted",
        "search.py",
        "self.coverage.goals[goal] += 1",
        "self.coverage.goals[goal] += 0",
        rule("invariants", "sometimes_counts_the_runs_that_reach_it"),
    ),
    Ablation(
        "a goal that no run reaches passes",
        "checking.py",
        "if coverage.missed_goals:",
        "if False:",
        rule("invariants", "sometimes_counts_the_runs_that_reach_it"),
    ),
    Ablation(
        "a stale token replays",
        "checking.py",
        "facts.watcher.check_all_fired(facts.engine)",
        "pass",
        rule("replay", "stale_plans"),
    ),
)

ABLATIONS = (
    *CONTRACTS,
    *RESUME,
    *ABORTS,
    *ENDINGS,
    *PROGRESS,
    *WATCHING,
    *CANDIDATES,
    *SEARCH,
    *BASELINE,
    *SMALLER,
    *MERGING,
    *RANDOM,
    *INVARIANTS,
)
