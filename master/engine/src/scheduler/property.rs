//! The scheduler's promises, under any order of events.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::prelude::*;

use super::*;

fn job(priority: Priority, cost: u64, outputs: u32, memory_bytes: u64) -> TaskSpec {
    TaskSpec { priority, cost, outputs, memory_bytes }
}

fn any_job() -> impl Strategy<Value = TaskSpec> {
    let priority = prop::sample::select(&Priority::ALL[..]);
    (priority, 1_u64..400_000, 1_u32..4, 1_u64..100 << 20)
        .prop_map(|(priority, cost, outputs, memory)| job(priority, cost, outputs, memory))
}

/// What the world does next.
#[derive(Debug, Clone)]
enum Step {
    Arrive,
    Withdraw { task: u32 },
    Ready { worker: u32, slots: u32 },
    Progress { worker: u32, slot: u32 },
    Finish { worker: u32, slot: u32 },
    PutOff { worker: u32, slot: u32 },
    Lose { worker: u32, blame: u8 },
    Retire { worker: u32 },
    Stray { worker: u32, slot: u32, task: u32, output: u32 },
    Pause,
    Resume,
    Cancel,
}

fn step() -> impl Strategy<Value = Step> {
    let worker = || 0..4_u32;
    let slot = || 0..3_u32;
    prop_oneof![
        6 => Just(Step::Arrive),
        2 => (0..20_u32).prop_map(|task| Step::Withdraw { task }),
        4 => (worker(), 1..4_u32).prop_map(|(worker, slots)| Step::Ready { worker, slots }),
        8 => (worker(), slot()).prop_map(|(worker, slot)| Step::Progress { worker, slot }),
        8 => (worker(), slot()).prop_map(|(worker, slot)| Step::Finish { worker, slot }),
        2 => (worker(), slot()).prop_map(|(worker, slot)| Step::PutOff { worker, slot }),
        3 => (worker(), 0..5_u8).prop_map(|(worker, blame)| Step::Lose { worker, blame }),
        2 => worker().prop_map(|worker| Step::Retire { worker }),
        2 => (worker(), slot(), 0..20_u32, 0..4_u32).prop_map(|(worker, slot, task, output)| {
            Step::Stray { worker, slot, task, output }
        }),
        1 => Just(Step::Pause),
        2 => Just(Step::Resume),
        1 => Just(Step::Cancel),
    ]
}

/// A slot's tasks with the outputs that each has yet to report.
type SlotWork = VecDeque<(TaskId, VecDeque<u32>)>;

/// Workers that do exactly what they are told, and a ledger of what became of every output.
struct World {
    scheduler: Scheduler,
    workers: BTreeMap<u32, Vec<SlotWork>>,
    ended: BTreeMap<(u32, u32), u32>,
    attempts: BTreeMap<TaskId, u32>,
    deaths_held_against: BTreeMap<TaskId, u32>,
    /// The tasks that have come.
    jobs: Vec<TaskSpec>,
    withdrawn: BTreeSet<TaskId>,
    /// At most so many spare tasks are given to workers.
    most_spare: u32,
    to_come: VecDeque<TaskSpec>,
    budget: u64,
}

impl World {
    /// With jobs of that cost and so many outputs.
    fn new(jobs: &[(u64, u32)]) -> Self {
        let jobs: Vec<_> = jobs.iter().map(|&(cost, outputs)| (cost, outputs, 1)).collect();
        Self::with_memory(&jobs, u64::MAX)
    }

    /// With jobs of that cost, so many outputs and so much memory, and a bound on memory.
    fn with_memory(jobs: &[(u64, u32, u64)], budget: u64) -> Self {
        let mut world = Self::before(jobs, budget);
        world.all_arrive();
        world
    }

    /// The same, with all of them still to come.
    fn before(jobs: &[(u64, u32, u64)], budget: u64) -> Self {
        let job =
            |&(cost, outputs, memory_bytes)| job(Priority::Usual, cost, outputs, memory_bytes);
        Self::before_all(jobs.iter().map(job), budget, u32::MAX)
    }

    fn before_all(jobs: impl Iterator<Item = TaskSpec>, budget: u64, most_spare: u32) -> Self {
        let mut scheduler = Scheduler::default();
        scheduler.bound_memory(budget);
        scheduler.bound(Priority::Spare, most_spare);
        Self {
            scheduler,
            jobs: Vec::new(),
            withdrawn: BTreeSet::new(),
            most_spare,
            to_come: jobs.collect(),
            budget,
            workers: BTreeMap::new(),
            ended: BTreeMap::new(),
            attempts: BTreeMap::new(),
            deaths_held_against: BTreeMap::new(),
        }
    }

    /// The next task comes, if there is one.
    fn arrive(&mut self) {
        let Some(job) = self.to_come.pop_front() else { return };
        self.jobs.push(job);
        self.tell(Input::Add(job));
    }

    fn all_arrive(&mut self) {
        while !self.to_come.is_empty() {
            self.arrive();
        }
        self.tell(Input::NoMore);
    }

    fn tell(&mut self, input: Input) {
        let mut effects = Vec::new();
        self.scheduler.handle(input, &mut effects);
        for effect in effects {
            match effect {
                Effect::Run { slot, task, attempt, outputs, suspect } => {
                    assert!(!outputs.is_empty(), "a task without work was started");
                    assert!(!self.withdrawn.contains(&task), "nobody wanted that");
                    let slots = self.workers.get_mut(&slot.worker.0).expect("a dead worker");
                    if suspect {
                        assert!(slots.iter().all(VecDeque::is_empty), "a suspect in company");
                    }
                    slots[slot.index as usize].push_back((task, outputs.into()));
                    let count = self.attempts.entry(task).or_default();
                    *count += 1;
                    assert_eq!(attempt, *count);
                }
                Effect::Interrupt { worker } => {
                    let mut tasks = self.workers[&worker.0].iter().flatten();
                    assert!(tasks.all(|(task, _)| self.withdrawn.contains(task)), "interrupted");
                }
                Effect::Leave { worker } => {
                    let slots = self.workers.remove(&worker.0).expect("a dead worker");
                    assert!(slots.iter().all(VecDeque::is_empty), "a worker left its work");
                }
                Effect::GiveUp { task, outputs, why, .. } => {
                    if why == GiveUp::Quarantined {
                        let deaths = self.deaths_held_against.get(&task).copied().unwrap_or(0);
                        assert!(deaths >= 2, "an innocent task was quarantined");
                    }
                    for output in outputs {
                        *self.ended.entry((task.0, output)).or_default() += 1;
                    }
                }
            }
        }
        self.check();
    }

    /// How many tasks wait, have been given to a worker, and have ended.
    fn counts(&self) -> [usize; 3] {
        let mut counts = [0, 0, self.jobs.len()];
        for task in self.scheduler.tasks.iter() {
            let place = match task.place {
                Standing::Queued => 0,
                Standing::Assigned(_) => 1,
                Standing::Ended => continue,
            };
            counts[place] += 1;
            counts[2] -= 1;
        }
        counts
    }

    fn check(&self) {
        let [queued, assigned, ended] = self.counts();
        let waiting =
            self.scheduler.waiting.clone().take_all().len() + self.scheduler.suspects.len();
        assert_eq!(queued, waiting, "a task waits nowhere, or twice");
        let given: usize = self.workers.values().flatten().map(VecDeque::len).sum();
        assert_eq!(assigned, given, "the scheduler and the workers disagree");
        let have_all_ended = ended == self.jobs.len();
        assert_eq!(self.scheduler.is_done(), have_all_ended && self.scheduler.is_closed);
        assert!(self.ended.values().all(|times| *times == 1), "an output ended twice");
        let largest = |slot: &SlotWork| {
            slot.iter().map(|work| self.jobs[work.0.0 as usize].memory_bytes).max()
        };
        let at_work: Vec<_> = self.workers.values().flatten().filter_map(largest).collect();
        let fits = at_work.iter().sum::<u64>() <= self.budget;
        assert!(fits || at_work.len() == 1, "giants side by side: {at_work:?}");
        let given = self.workers.values().flatten().flatten().map(|(task, _)| task);
        let spare = given.filter(|task| self.jobs[task.0 as usize].priority == Priority::Spare);
        assert!(spare.count() <= self.most_spare as usize, "more than there may be");
        if self.scheduler.is_done() {
            self.check_all_ended();
        }
    }

    /// Of what was withdrawn, less may have ended.
    fn check_all_ended(&self) {
        for (task, job) in (0_u32..).zip(&self.jobs) {
            let ended = self.ended.range((task, 0)..(task + 1, 0)).count();
            let is_withdrawn = self.withdrawn.contains(&TaskId(task));
            assert!(is_withdrawn || ended == job.outputs as usize, "an output is lost");
        }
    }

    fn slot(&mut self, worker: u32, slot: u32) -> Option<&mut SlotWork> {
        self.workers.get_mut(&worker)?.get_mut(slot as usize)
    }

    /// The running task of a slot reports its next output.
    fn progress(&mut self, worker: u32, slot: u32) {
        let Some((task, output)) = self.slot(worker, slot).and_then(|work| {
            let (task, outputs) = work.front_mut()?;
            Some((*task, outputs.pop_front()?))
        }) else {
            return;
        };
        *self.ended.entry((task.0, output)).or_default() += 1;
        let slot = SlotId { worker: WorkerId(worker), index: slot };
        self.tell(Input::Ended { slot, task, output });
    }

    fn finish(&mut self, worker: u32, slot: u32) {
        while self
            .slot(worker, slot)
            .is_some_and(|work| work.front().is_some_and(|(_, outputs)| !outputs.is_empty()))
        {
            self.progress(worker, slot);
        }
        let Some((task, _)) = self.slot(worker, slot).and_then(VecDeque::pop_front) else {
            return;
        };
        let slot = SlotId { worker: WorkerId(worker), index: slot };
        self.tell(Input::Finished { slot, task });
    }

    /// The running task of a slot cannot be done now, but for what has been reported of it.
    fn put_off(&mut self, worker: u32, slot: u32) {
        let Some((task, outputs)) = self.slot(worker, slot).and_then(VecDeque::pop_front) else {
            return;
        };
        if !outputs.is_empty() {
            *self.attempts.entry(task).or_default() -= 1;
        }
        let slot = SlotId { worker: WorkerId(worker), index: slot };
        self.tell(Input::PutOff { slot, task });
    }

    fn lose(&mut self, worker: u32, blame: u8) {
        let blame = match blame {
            0 | 1 => Blame::Running,
            2 => Blame::Slot(0),
            _ => Blame::Outside,
        };
        let lost = self.workers.remove(&worker).unwrap_or_default();
        for (index, slot) in lost.iter().enumerate() {
            if let Some((task, outputs)) = slot.front()
                && !outputs.is_empty()
                && (blame != Blame::Slot(0) || index == 0)
            {
                *self.deaths_held_against.entry(*task).or_default() += 1;
            }
        }
        self.tell(Input::Lost { worker: WorkerId(worker), blame });
    }

    fn apply(&mut self, step: &Step) {
        match *step {
            Step::Arrive => self.arrive(),
            Step::Withdraw { task } => {
                if (task as usize) < self.jobs.len() {
                    self.withdrawn.insert(TaskId(task));
                }
                self.tell(Input::Withdraw(TaskId(task)));
            }
            Step::Ready { worker, slots } => {
                self.workers.entry(worker).or_insert_with(|| vec![VecDeque::new(); slots as usize]);
                self.tell(Input::Ready { worker: WorkerId(worker), slots });
            }
            Step::Progress { worker, slot } => self.progress(worker, slot),
            Step::Finish { worker, slot } => self.finish(worker, slot),
            Step::PutOff { worker, slot } => self.put_off(worker, slot),
            Step::Lose { worker, blame } => self.lose(worker, blame),
            Step::Retire { worker } => self.tell(Input::Retire { worker: WorkerId(worker) }),
            Step::Stray { worker, slot, task, output } => {
                let at = SlotId { worker: WorkerId(worker), index: slot };
                let runs_there = self
                    .slot(worker, slot)
                    .is_some_and(|work| work.iter().any(|(held, _)| held.0 == task));
                if !runs_there {
                    self.tell(Input::Ended { slot: at, task: TaskId(task), output });
                    self.tell(Input::Finished { slot: at, task: TaskId(task) });
                    self.tell(Input::PutOff { slot: at, task: TaskId(task) });
                }
            }
            Step::Pause => self.tell(Input::Pause),
            Step::Resume => self.tell(Input::Resume),
            Step::Cancel => self.tell(Input::Cancel),
        }
    }

    /// From here on everything goes well.
    fn settle(&mut self) {
        self.tell(Input::Resume);
        self.all_arrive();
        for _ in 0..10_000 {
            if self.scheduler.is_done() {
                return;
            }
            self.apply(&Step::Ready { worker: 0, slots: 2 });
            let busy: Vec<(u32, u32)> = self
                .workers
                .iter()
                .flat_map(|(worker, slots)| (0..slots.len() as u32).map(|slot| (*worker, slot)))
                .collect();
            for (worker, slot) in busy {
                self.finish(worker, slot);
            }
        }
        panic!("the run does not end: {:?}", self.counts());
    }
}

proptest! {
    #[test]
    fn nothing_is_lost_or_ended_twice_in_any_order_of_events(
        jobs in prop::collection::vec(any_job(), 1..20),
        most_spare in prop_oneof![Just(u32::MAX), 1_u32..3],
        budget in prop_oneof![Just(u64::MAX), 1_u64..300 << 20],
        steps in prop::collection::vec(step(), 0..120),
    ) {
        let mut world = World::before_all(jobs.into_iter(), budget, most_spare);
        for step in &steps {
            world.apply(step);
        }
        world.settle();
        world.check_all_ended();
    }

    #[test]
    fn a_task_that_kills_every_worker_ends_after_two_and_takes_nobody_along(
        poison in 0_u32..8,
        slots in 1_u32..4,
    ) {
        let mut world = World::new(&[(1_000_000, 1); 8]);
        world.apply(&Step::Ready { worker: 0, slots });
        for _ in 0..200 {
            if world.scheduler.is_done() {
                break;
            }
            let at_work: Vec<(u32, u32)> = world.workers[&0]
                .iter()
                .zip(0..)
                .filter_map(|(work, slot)| work.front().map(|(task, _)| (task.0, slot)))
                .collect();
            if at_work.iter().any(|(task, _)| *task == poison) {
                world.lose(0, 0);
                world.apply(&Step::Ready { worker: 0, slots });
            } else {
                for (_, slot) in at_work {
                    world.finish(0, slot);
                }
            }
        }
        prop_assert!(world.scheduler.is_done());
        prop_assert_eq!(world.deaths_held_against[&TaskId(poison)], 2);
        prop_assert_eq!(world.attempts[&TaskId(poison)], 2);
    }
}

#[test]
fn a_task_survives_three_kills_from_outside_without_a_charge() {
    let mut world = World::new(&[(1, 1)]);
    for _ in 0..3 {
        world.apply(&Step::Ready { worker: 0, slots: 1 });
        world.lose(0, 4);
    }
    assert_eq!(world.scheduler.tasks[TaskId(0)].charged, 0);
    world.settle();
    assert_eq!(world.attempts[&TaskId(0)], 4);
}

#[test]
fn whoever_kills_at_random_convicts_nobody() {
    let mut world = World::new(&[(1_000_000, 1); 4]);
    for round in 0..12 {
        for worker in 0..2 {
            world.apply(&Step::Ready { worker, slots: 1 });
        }
        world.lose(round % 2, 4);
    }
    assert!(world.ended.is_empty());
    world.settle();
    assert_eq!(world.ended.len(), 4);
}

fn with(jobs: impl IntoIterator<Item = TaskSpec>) -> Scheduler {
    let (mut scheduler, mut effects) = (Scheduler::default(), Vec::new());
    for job in jobs {
        scheduler.handle(Input::Add(job), &mut effects);
    }
    scheduler.handle(Input::NoMore, &mut effects);
    assert!(effects.is_empty());
    scheduler
}

#[test]
fn what_was_put_off_is_made_later_and_is_no_repetition() {
    let mut scheduler = with([job(Priority::Usual, 1, 2, 0)]);
    let (worker, slot) = (WorkerId(1), SlotId { worker: WorkerId(1), index: 0 });
    let mut effects = Vec::new();
    scheduler.handle(Input::Ready { worker, slots: 1 }, &mut effects);
    scheduler.handle(Input::Ended { slot, task: TaskId(0), output: 0 }, &mut effects);
    effects.clear();
    scheduler.handle(Input::Pause, &mut effects);
    scheduler.handle(Input::PutOff { slot, task: TaskId(0) }, &mut effects);
    assert!(effects.is_empty() && !scheduler.is_at_work(worker));
    scheduler.handle(Input::Resume, &mut effects);
    let [Effect::Run { outputs, attempt: 1, suspect: false, .. }] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(outputs, &[1]);
}

#[test]
fn a_repeated_task_makes_only_what_is_missing() {
    let mut scheduler = with([job(Priority::Usual, 1, 3, 1)]);
    let (worker, slot) = (WorkerId(1), SlotId { worker: WorkerId(1), index: 0 });
    let mut effects = Vec::new();
    scheduler.handle(Input::Ready { worker, slots: 1 }, &mut effects);
    scheduler.handle(Input::Ended { slot, task: TaskId(0), output: 1 }, &mut effects);
    scheduler.handle(Input::Lost { worker, blame: Blame::Running }, &mut effects);
    effects.clear();
    scheduler.handle(Input::Ready { worker, slots: 1 }, &mut effects);
    let [Effect::Run { outputs, attempt: 2, suspect: true, .. }] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(outputs, &[0, 2]);
}

#[test]
fn large_tasks_are_not_given_ahead_and_small_ones_are() {
    let mut effects = Vec::new();
    let worker = WorkerId(1);
    let mut large = with([job(Priority::Usual, 5_000_000, 1, 1); 9]);
    large.handle(Input::Ready { worker, slots: 1 }, &mut effects);
    assert_eq!(effects.len(), 1);
    effects.clear();
    let mut small = with([job(Priority::Usual, 5_000, 1, 1); 90]);
    small.handle(Input::Ready { worker, slots: 1 }, &mut effects);
    assert_eq!(effects.len(), 16);
}

#[test]
fn giants_run_one_after_the_other_and_others_beside_them() {
    const GB: u64 = 1_000_000_000;
    let jobs = [(9, 1, 6 * GB), (8, 1, 6 * GB), (7, 1, GB), (6, 1, GB)];
    let mut world = World::with_memory(&jobs, 8 * GB);
    for worker in 0..2 {
        world.apply(&Step::Ready { worker, slots: 1 });
    }
    let running = |world: &World| {
        let slots = world.workers.values().map(|slots| slots[0].front().map(|work| work.0.0));
        slots.collect::<Vec<_>>()
    };
    assert_eq!(running(&world), [Some(0), Some(2)], "the second giant is passed over");
    world.finish(1, 0);
    assert_eq!(running(&world), [Some(0), Some(3)]);
    world.finish(0, 0);
    assert_eq!(running(&world), [Some(1), Some(3)], "its turn comes as soon as there is room");
}

#[test]
fn a_giant_beyond_the_budget_runs_alone_and_then_all_go_on() {
    let mut world =
        World::with_memory(&[(900_000, 1, 500), (800_000, 1, 10), (700_000, 1, 10)], 100);
    for worker in 0..3 {
        world.apply(&Step::Ready { worker, slots: 1 });
    }
    assert_eq!(world.counts()[1], 1);
    world.finish(0, 0);
    assert_eq!(world.counts()[1], 2);
}

#[test]
fn a_worker_that_retires_ends_what_it_has_and_only_if_more_is_to_be_done() {
    let mut world = World::new(&[(1_000_000, 1); 2]);
    world.apply(&Step::Ready { worker: 0, slots: 1 });
    world.apply(&Step::Retire { worker: 0 });
    world.finish(0, 0);
    assert!(world.workers.is_empty(), "it has left");
    assert_eq!(world.counts()[1], 0);
    world.apply(&Step::Ready { worker: 0, slots: 1 });
    world.apply(&Step::Retire { worker: 0 });
    world.finish(0, 0);
    assert!(world.workers.contains_key(&0), "nothing is left for another one to do");
    assert!(world.scheduler.is_done());
}

#[test]
fn what_arrives_goes_to_who_has_nothing_and_what_has_ended_is_forgotten() {
    let job = job(Priority::Usual, 1, 1, 1);
    let (mut scheduler, mut effects) = (Scheduler::default(), Vec::new());
    for worker in 0..2 {
        scheduler.handle(Input::Ready { worker: WorkerId(worker), slots: 1 }, &mut effects);
    }
    for pair in 0..1_000 {
        for task in [2 * pair, 2 * pair + 1].map(TaskId) {
            scheduler.handle(Input::Add(job), &mut effects);
            let Some(Effect::Run { slot, task: begun, .. }) = effects.pop() else {
                panic!("it waits");
            };
            assert_eq!((slot.worker, begun), (WorkerId(task.0 % 2), task));
        }
        for task in [2 * pair, 2 * pair + 1].map(TaskId) {
            let slot = SlotId { worker: WorkerId(task.0 % 2), index: 0 };
            scheduler.handle(Input::Ended { slot, task, output: 0 }, &mut effects);
            scheduler.handle(Input::Finished { slot, task }, &mut effects);
        }
        assert!(effects.is_empty() && scheduler.tasks.iter().next().is_none());
    }
    assert!(!scheduler.is_done(), "more may come");
    scheduler.handle(Input::NoMore, &mut effects);
    assert!(scheduler.is_done());
}

#[test]
fn what_arrives_after_the_end_is_given_up_at_once() {
    for (end, expected) in
        [(Input::Cancel, GiveUp::Cancelled), (Input::NoWorkers, GiveUp::NoWorkers)]
    {
        let (mut scheduler, mut effects) = (Scheduler::default(), Vec::new());
        scheduler.handle(end, &mut effects);
        scheduler.handle(Input::Add(job(Priority::Usual, 1, 1, 1)), &mut effects);
        let [Effect::GiveUp { task: TaskId(0), why, .. }] = &effects[..] else {
            panic!("{effects:?}");
        };
        assert_eq!(*why, expected);
    }
}

/// With one worker, which gets one task at a time.
fn in_turn(jobs: &[Priority]) -> Vec<u32> {
    let jobs = jobs.iter().map(|priority| job(*priority, 1 << 40, 1, 1));
    let mut world = World::before_all(jobs, u64::MAX, u32::MAX);
    world.all_arrive();
    world.apply(&Step::Ready { worker: 0, slots: 1 });
    let mut turn = Vec::new();
    while let Some((task, _)) = world.workers[&0][0].front() {
        turn.push(task.0);
        world.finish(0, 0);
    }
    turn
}

#[test]
fn the_newest_urgent_task_comes_first_and_spare_ones_come_last_in_turn() {
    use Priority::{Spare, Urgent, Usual};
    assert_eq!(in_turn(&[Spare, Urgent, Usual, Spare, Urgent, Usual]), [4, 1, 2, 5, 0, 3]);
}

#[test]
fn no_more_of_a_kind_are_given_than_may_be_and_others_go_on() {
    use Priority::{Spare, Urgent};
    let jobs = [Spare, Spare, Spare].map(|priority| job(priority, 1 << 40, 1, 1));
    let urgent = job(Urgent, 1 << 40, 1, 1);
    let mut world = World::before_all(jobs.into_iter().chain([urgent]), u64::MAX, 1);
    for worker in 0..2 {
        world.apply(&Step::Ready { worker, slots: 1 });
    }
    (0..3).for_each(|_| world.arrive());
    assert_eq!(world.counts(), [2, 1, 0]);
    world.arrive();
    assert_eq!(world.counts(), [2, 2, 0], "the other worker is there for it");
    world.finish(0, 0);
    assert_eq!(world.counts(), [1, 2, 1]);
}

#[test]
fn what_nobody_wants_is_not_begun_and_makes_way_for_what_is_urgent() {
    let urgent = job(Priority::Urgent, 1 << 40, 1, 1);
    let mut world = World::before_all([urgent; 3].into_iter(), u64::MAX, u32::MAX);
    world.apply(&Step::Ready { worker: 0, slots: 1 });
    world.arrive();
    world.arrive();
    world.apply(&Step::Withdraw { task: 1 });
    assert_eq!(world.counts(), [0, 1, 1], "it was waiting");
    world.apply(&Step::Withdraw { task: 0 });
    let mut effects = Vec::new();
    world.scheduler.handle(Input::Add(urgent), &mut effects);
    assert_eq!(effects, [Effect::Interrupt { worker: WorkerId(0) }]);
    effects.clear();
    world.scheduler.handle(Input::Withdraw(TaskId(0)), &mut effects);
    assert!(effects.is_empty(), "it is being killed already");
    let lost = Input::Lost { worker: WorkerId(0), blame: Blame::Outside };
    world.scheduler.handle(lost, &mut effects);
    world.scheduler.handle(Input::Ready { worker: WorkerId(0), slots: 1 }, &mut effects);
    let [Effect::Run { task: TaskId(2), attempt: 1, .. }] = &effects[..] else {
        panic!("{effects:?}");
    };
}
