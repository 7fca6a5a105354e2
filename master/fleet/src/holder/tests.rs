use super::*;

fn job(number: u64) -> JobId {
    JobId::new(number, [0; 11])
}

fn parcel(number: u32) -> ParcelId {
    ParcelId::of(job(1), 0, &[number])
}

fn told(holder: &mut Holder, input: Input) -> Vec<Effect> {
    let mut effects = Vec::new();
    holder.handle(input, &mut effects);
    effects
}

fn received(job: JobId, parcel: ParcelId, times: u32, units: usize) -> Input {
    Input::Received { job, parcel, times, outputs: vec![1; units] }
}

fn begin(parcel: ParcelId, unit: u32, alone: bool) -> Effect {
    Effect::Begin { parcel, unit, alone }
}

fn marks<const N: usize>(tried: u32, begun: [(u32, u32); N]) -> Marks {
    Marks { tried, begun: begun.into() }
}

/// An agent of two slots that has pulled, and been answered.
fn pulled(parcels: &[u32]) -> Holder {
    let mut holder = Holder::new(2, 0);
    assert_eq!(told(&mut holder, Input::Tick(0)), [Effect::Pull(2)]);
    for number in parcels {
        let one = parcel(*number);
        let effects = told(&mut holder, received(job(1), one, 1, 1));
        assert_eq!(effects, [begin(one, 0, false)]);
    }
    holder
}

#[test]
fn a_parcel_goes_from_the_queue_through_a_worker_onto_the_record() {
    let mut holder = pulled(&[1, 2]);
    let one = parcel(1);
    assert_eq!(told(&mut holder, Input::Pulled(true)), [], "two wait");
    assert_eq!(told(&mut holder, Input::Begun(one, 0)), [Effect::Pull(1)]);
    assert_eq!(told(&mut holder, Input::Write(one, 7)), [Effect::Answer(7, true)]);
    assert_eq!(told(&mut holder, Input::Ended(one, 0)), [Effect::Record(one)]);
    assert_eq!(told(&mut holder, Input::Ended(one, 0)), [], "once");
    assert_eq!(told(&mut holder, Input::Recorded(one)), [Effect::Done(one)]);
    assert_eq!(holder.busy(), 1);
}

#[test]
fn after_a_long_silence_nothing_gets_its_name_unasked() {
    let mut holder = pulled(&[1, 2]);
    let (one, two) = (parcel(1), parcel(2));
    told(&mut holder, Input::Begun(one, 0));
    told(&mut holder, Input::Begun(two, 0));
    let effects = told(&mut holder, Input::Tick(3_600_000));
    assert!(effects.contains(&Effect::Working(one)) && effects.contains(&Effect::Look(job(1))));
    assert_eq!(told(&mut holder, Input::Write(one, 1)), [Effect::Check(one)]);
    assert_eq!(told(&mut holder, Input::Write(two, 2)), [Effect::Check(two)]);
    let effects = told(&mut holder, Input::Checked(one, false));
    let dropped = [Effect::Withdraw(one), Effect::Done(one), Effect::Answer(1, false)];
    assert_eq!(effects[..3], dropped);
    assert_eq!(told(&mut holder, Input::Checked(two, true)), [Effect::Answer(2, true)]);
    assert_eq!(told(&mut holder, Input::Write(two, 3)), [Effect::Answer(3, true)]);
    assert_eq!(told(&mut holder, Input::Write(one, 4)), [Effect::Answer(4, false)]);
}

#[test]
fn what_was_said_before_a_sleep_and_is_heard_after_it_lets_nothing_have_its_name() {
    let mut holder = pulled(&[1]);
    let one = parcel(1);
    told(&mut holder, Input::Begun(one, 0));
    told(&mut holder, Input::Tick(1_500));
    told(&mut holder, Input::Pulled(true));
    assert_eq!(told(&mut holder, Input::Write(one, 1)), [Effect::Answer(1, true)]);
    told(&mut holder, Input::Tick(10_000));
    told(&mut holder, Input::Pulled(true));
    told(&mut holder, Input::Looked(job(1), true));
    assert_eq!(told(&mut holder, Input::Write(one, 2)), [Effect::Check(one)]);
    let effects = told(&mut holder, Input::Checked(one, true));
    assert!(effects.contains(&Effect::Answer(2, true)));
    assert_eq!(told(&mut holder, Input::Write(one, 3)), [Effect::Answer(3, true)]);
}

#[test]
fn a_job_that_is_not_open_any_more_is_let_go() {
    let mut holder = pulled(&[1]);
    let one = parcel(1);
    told(&mut holder, Input::Begun(one, 0));
    let effects = told(&mut holder, Input::Looked(job(1), false));
    assert_eq!(effects, [Effect::Withdraw(one), Effect::Done(one)]);
    assert_eq!(told(&mut holder, Input::Write(one, 1)), [Effect::Answer(1, false)]);
    assert_eq!(told(&mut holder, Input::Ended(one, 0)), []);
}

#[test]
fn what_has_ended_of_a_cancelled_job_goes_on_record_and_the_rest_gets_no_name() {
    let mut holder = pulled(&[]);
    let one = parcel(1);
    told(&mut holder, received(job(1), one, 1, 3));
    told(&mut holder, Input::Ended(one, 0));
    let effects = told(&mut holder, Input::Looked(job(1), false));
    assert_eq!(effects, [Effect::Withdraw(one), Effect::Record(one)]);
    assert_eq!(told(&mut holder, Input::Write(one, 1)), [Effect::Answer(1, false)]);
    assert_eq!(told(&mut holder, Input::Ended(one, 1)), []);
    assert_eq!(told(&mut holder, Input::Looked(job(1), false)), [], "once");
    assert_eq!(told(&mut holder, Input::Recorded(one))[0], Effect::Done(one));
}

#[test]
fn a_second_delivery_is_asked_about_before_it_is_begun() {
    let mut holder = pulled(&[]);
    let (one, two) = (parcel(1), parcel(2));
    assert_eq!(told(&mut holder, received(job(1), one, 2, 1)), [Effect::Check(one)]);
    assert_eq!(told(&mut holder, Input::Checked(one, false)), [Effect::Done(one)]);
    assert_eq!(told(&mut holder, received(job(1), two, 2, 2)), [Effect::Check(two)]);
    assert_eq!(told(&mut holder, Input::Checked(two, true)), [Effect::ReadMarks(two)]);
    let effects = told(&mut holder, Input::Marks(two, Marks::default()));
    assert_eq!(effects, [Effect::Mark(two, marks(1, []))], "that it is tried is on record first");
    let effects = told(&mut holder, Input::Marked(two));
    assert_eq!(effects, [begin(two, 0, false), begin(two, 1, false)]);
}

#[test]
fn what_was_given_back_ever_so_often_is_no_suspect() {
    let mut holder = pulled(&[]);
    let one = parcel(1);
    told(&mut holder, received(job(1), one, 9, 1));
    told(&mut holder, Input::Checked(one, true));
    told(&mut holder, Input::Marks(one, Marks::default()));
    assert_eq!(told(&mut holder, Input::Marked(one)), [begin(one, 0, false)]);
}

#[test]
fn a_suspect_waits_until_it_is_alone_and_is_done_image_by_image() {
    let mut holder = pulled(&[1]);
    let (one, two, three) = (parcel(1), parcel(2), parcel(3));
    told(&mut holder, received(job(1), two, 3, 3));
    assert_eq!(told(&mut holder, Input::Checked(two, true)), [Effect::ReadMarks(two)]);
    let before = marks(1, [(0, 1), (1, MAX_MARKS)]);
    assert_eq!(told(&mut holder, Input::Marks(two, before)), []);
    assert_eq!(told(&mut holder, received(job(1), three, 1, 1)), [], "in turn");
    assert_eq!(told(&mut holder, Input::Begun(one, 0)), []);
    let effects = told(&mut holder, Input::Ended(one, 0));
    let mark = Effect::Mark(two, marks(1, [(0, 2), (1, MAX_MARKS)]));
    assert_eq!(effects, [Effect::Record(one), mark]);
    assert_eq!(told(&mut holder, Input::Marked(two)), [begin(two, 0, true)]);
    let effects = told(&mut holder, Input::Ended(two, 0));
    let mark = Effect::Mark(two, marks(1, [(1, MAX_MARKS), (2, 1)]));
    assert_eq!(effects, [Effect::GiveUp(two, 1), mark], "its neighbours are made");
    assert_eq!(told(&mut holder, Input::Marked(two)), [begin(two, 2, true)]);
    let effects = told(&mut holder, Input::Ended(two, 2));
    assert_eq!(effects, [Effect::Record(two), begin(three, 0, false)]);
}

#[test]
fn jobs_are_worked_on_one_after_the_other() {
    let mut holder = pulled(&[1]);
    let other = ParcelId::of(job(2), 0, &[1]);
    assert_eq!(told(&mut holder, received(job(2), other, 1, 1)), []);
    told(&mut holder, Input::Begun(parcel(1), 0));
    let effects = told(&mut holder, Input::Ended(parcel(1), 0));
    assert_eq!(effects, [Effect::Record(parcel(1)), begin(other, 0, false)]);
    assert_eq!(holder.job(), Some(job(2)));
}

#[test]
fn who_leaves_gives_back_what_has_not_begun_and_ten_seconds_to_what_has() {
    let mut holder = pulled(&[1, 2]);
    let (one, two) = (parcel(1), parcel(2));
    told(&mut holder, Input::Begun(one, 0));
    let effects = told(&mut holder, Input::Drain);
    assert_eq!(effects, [Effect::Withdraw(two), Effect::Back(two)]);
    assert_eq!(told(&mut holder, received(job(1), two, 1, 1)), [Effect::Back(two)], "late");
    assert!(!told(&mut holder, Input::Tick(9_999)).contains(&Effect::Leave));
    let effects = told(&mut holder, Input::Tick(10_000));
    assert!(effects.ends_with(&[Effect::Back(one), Effect::Leave]), "{effects:?}");
    let mut holder = pulled(&[1]);
    told(&mut holder, Input::Begun(one, 0));
    told(&mut holder, Input::Drain);
    told(&mut holder, Input::Ended(one, 0));
    assert_eq!(told(&mut holder, Input::Recorded(one)), [Effect::Done(one), Effect::Leave]);
}

#[test]
fn who_cannot_take_part_rests_and_who_cannot_write_gives_back() {
    let mut holder = pulled(&[1]);
    let one = parcel(1);
    told(&mut holder, Input::Pulled(true));
    let effects = told(&mut holder, Input::Refuse(job(1)));
    assert_eq!(effects, [Effect::Withdraw(one), Effect::Back(one)]);
    assert_eq!(told(&mut holder, Input::Pulled(true)), []);
    assert_eq!(told(&mut holder, Input::Tick(9_999)), []);
    assert_eq!(told(&mut holder, Input::Tick(10_000)).last(), Some(&Effect::Pull(2)));
    told(&mut holder, Input::Refuse(job(1)));
    assert_eq!(told(&mut holder, Input::Pulled(true)), []);
    assert_eq!(told(&mut holder, Input::Alone), [Effect::Pull(2)], "nobody waits for it");
    assert_eq!(told(&mut holder, Input::Rest(true)), []);
    assert_eq!(told(&mut holder, received(job(1), one, 1, 1)), [Effect::Back(one)]);
    told(&mut holder, Input::Pulled(true));
    assert_eq!(told(&mut holder, Input::Rest(false)), [Effect::Pull(2)]);
}
