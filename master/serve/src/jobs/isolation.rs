//! Proves what an isolation test has shown: the outputs of the images that a death interrupted are
//! those of undisturbed work, byte for byte.

use super::Jobs;
use crate::live::Evidence;
use crate::live::shapes::Proof;
use crate::preview::{Previews, Print, PrintOrder, Refused};
use lote_engine::scheduler::Priority;
use lote_engine::showcase;
use lote_protocol::encoding::Encoding;

impl Jobs {
    /// Proves one test after the other, for ever.
    pub(crate) async fn prove(&self, previews: &Previews) {
        loop {
            self.0.proofs.notified().await;
            let Some(evidence) = self.0.live.with(|model, _| model.take_evidence()) else {
                continue;
            };
            let proof = proof(previews, &evidence).await;
            let proof = proof
                .inspect_err(|error| tracing::warn!(%error, "an isolation test was not proved"));
            self.0.live.with(|model, _| model.conclude_isolation(&evidence, proof.ok().flatten()));
        }
    }
}

/// Has all outputs made another time, by a process that is no part of the job's, and looks at both.
/// `None` if there are none, or no longer.
async fn proof(previews: &Previews, evidence: &Evidence) -> Result<Option<Proof>, Refused> {
    let Evidence { plan, places, .. } = evidence;
    let (mut after, mut prints) = (Vec::new(), Vec::<(String, Print)>::new());
    for place in places {
        let order = PrintOrder {
            steps: plan.variant(place.image, place.variant).steps.clone(),
            encoding: Encoding {
                format: plan.format(place.image, place.variant),
                ..plan.encoding(place.variant)
            },
        };
        let (input, page) = (plan.input(place.image), plan.images[place.image].page);
        let made = previews.make(Priority::Urgent, (&input, page), vec![order]).await?;
        let output = plan.output(place.image, place.variant);
        let name = showcase::name(plan, &output);
        prints.extend(made.into_iter().map(|print| (name.clone(), print)));
        after.push((name, output));
    }
    if after.is_empty() {
        return Ok(None);
    }
    let outputs = after.len();
    let digests = tokio::task::spawn_blocking(move || {
        // What has been moved away since proves nothing.
        let is_there = after.iter().all(|(_, output)| output.is_file());
        let again = prints.iter().map(|(name, print)| (name.clone(), print.path().to_owned()));
        is_there.then(|| (showcase::digest_of(after), showcase::digest_of(again)))
    });
    let digests = digests.await.ok().flatten();
    Ok(digests.map(|(sha256, undisturbed)| Proof { outputs, sha256, undisturbed }))
}
