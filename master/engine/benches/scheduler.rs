//! The scheduler's decisions: `cargo bench -p lote-engine --bench scheduler`. `--example scheduling`
//! shows what they are worth.

use divan::Bencher;
use divan::counter::ItemsCount;
use lote_engine::scheduler::{Effect, Input, Priority, Scheduler, TaskSpec, WorkerId};

const TASKS: u32 = 10_000;

fn main() {
    divan::main();
}

/// All of a run in which every task ends well, with so many workers. Items are tasks.
#[divan::bench(args = [2, 16, 256])]
fn whole_run(bencher: Bencher<'_, '_>, workers: u32) {
    bencher.counter(ItemsCount::new(TASKS)).bench_local(|| {
        let jobs = (0..TASKS).map(|number| TaskSpec {
            priority: Priority::Usual,
            cost: u64::from(TASKS - number) << 8,
            outputs: 3,
            memory_bytes: 1 << 20,
        });
        let (mut scheduler, mut effects) = (Scheduler::default(), Vec::new());
        for job in jobs {
            scheduler.handle(Input::Add(job), &mut effects);
        }
        scheduler.handle(Input::NoMore, &mut effects);
        for worker in 0..workers {
            let ready = Input::Ready { worker: WorkerId(worker), slots: 1 };
            scheduler.handle(ready, &mut effects);
        }
        let mut next = 0;
        while let Some(effect) = effects.get(next) {
            next += 1;
            let &Effect::Run { slot, task, .. } = effect else { continue };
            for output in 0..3 {
                scheduler.handle(Input::Ended { slot, task, output }, &mut effects);
            }
            scheduler.handle(Input::Finished { slot, task }, &mut effects);
        }
        assert!(scheduler.is_done());
    });
}
