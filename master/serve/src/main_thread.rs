//! All that works on the main thread, side by side.

use lote_engine::run::Settings;

use crate::jobs::Jobs;
use crate::preview::Previews;
use crate::watches::Watches;

/// Does what is to be done on the main thread, until [`Jobs::close`] and [`Watches::close`]: it must
/// be called there, as workers die with the thread that started them.
pub async fn main_thread(jobs: Jobs, watches: Watches, previews: Previews) {
    let Settings { workers, slots, .. } = jobs.config().settings.clone();
    tokio::select! {
        ((), ()) = async { tokio::join!(jobs.work(), watches.work()) } => {}
        () = jobs.prove(&previews) => {}
        () = previews.clone().work(slots, &workers) => {}
    }
}
