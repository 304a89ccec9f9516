#![expect(unreachable_pub, reason = "the macro makes what other crates may use")]

use super::{
    Stage::{End, Rest, Setback, Step},
    statuses,
};

statuses! {
    /// An errand.
    Errand {
        /// Not begun.
        Planned = "PLANNED" => Step(0),
        /// On the way.
        Underway = "UNDER_WAY" | "UNDERWAY" => Step(1),
        /// Stuck.
        Stuck = "STUCK" => Setback(2, 1),
        /// Given up, for now.
        Shelved = "SHELVED" => Rest(2),
        /// Done.
        Done = "DONE" => End(3),
    }
}

use Errand::{Done, Planned, Shelved, Stuck, Underway};

fn other(text: &str) -> Errand {
    Errand::Other(text.to_owned())
}

#[test]
fn every_spelling_is_read_in_any_case_and_unknown_ones_are_kept() {
    fn check(text: &str, status: Errand) {
        assert_eq!(Errand::from(text), status, "{text}");
        assert_eq!(serde_json::from_str::<Errand>(&format!("{text:?}")).unwrap(), status, "{text}");
    }
    check("UNDER_WAY", Underway);
    check("under_way", Underway);
    check("Underway", Underway);
    check("", other(""));
    check("On Hold", other("On Hold"));
    assert_eq!(serde_json::to_string(&[Underway, other("On Hold")]).unwrap(), r#"["UNDER_WAY","On Hold"]"#);
    assert_eq!(format!("{Done:>8}|"), "    DONE|");
}

#[test]
fn what_is_no_text_is_no_status() {
    for json in ["null", "5", "{}", "[]", "true"] {
        assert!(serde_json::from_str::<Errand>(json).is_err(), "{json}");
    }
}

#[test]
fn it_goes_on_but_not_back_and_stays_at_an_end_for_good() {
    let all = [Planned, Underway, Stuck, Shelved, Done];
    assert_eq!(Errand::KNOWN, all);
    for (earlier, followers) in [
        (Planned, &all[..]),
        (Underway, &[Underway, Stuck, Shelved, Done]),
        (Stuck, &[Underway, Stuck, Shelved, Done]),
        (Shelved, &[Stuck, Shelved, Done]),
        (Done, &[Done]),
    ] {
        let found: Vec<_> = all.iter().filter(|later| later.may_follow(&earlier)).cloned().collect();
        assert_eq!(found, followers, "after {earlier}");
        assert_eq!(other("x").may_follow(&earlier), earlier != Done, "after {earlier}");
        assert!(earlier.may_follow(&other("x")), "{earlier}");
    }
    assert!(other("x").may_follow(&other("x")) && other("x").may_follow(&other("y")));
}

#[test]
fn only_what_the_provider_leaves_alone_is_final() {
    let finals: Vec<_> = Errand::KNOWN.iter().filter(|status| status.is_final()).collect();
    assert_eq!(finals, [&Shelved, &Done]);
    assert!(!other("DONE AND DUSTED").is_final());
}
