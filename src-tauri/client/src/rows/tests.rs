use crate::{
    ByRow, Endpoint,
    custody::ListTransfers,
    subscriptions::{ListSubscriptions, Subscription},
};

use super::Row;

const GOOD: &str = r#"{"id": "1", "subscription_plan_id": "5", "status": "PAID", "subscriber": {"email": "ann@example.org"}}"#;

#[test]
fn a_row_that_is_not_what_was_promised_leaves_the_others_as_they_are() {
    let bad = r#"{"id": "2", "subscription_plan_id": "5", "status": "PAID", "subscriber": {}, "created_at": "2024-03-01T10:00:00.000Z"}"#;
    for form in [format!("[{GOOD}, {bad}, 7]"), format!(r#"{{"result": [{GOOD}, {bad}, 7], "count": 3}}"#)] {
        let page = ByRow(ListSubscriptions::default()).read(form.as_bytes()).unwrap();
        assert_eq!(page.items.len(), 3, "pages are counted with all rows");
        let (read, unreadable) = Row::<Subscription>::part(page.items);
        assert_eq!(read.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["1"]);
        let made: Vec<_> = unreadable.iter().map(|row| row.created_at.map(|at| at.to_rfc3339())).collect();
        assert_eq!(made, [Some("2024-03-01T10:00:00+00:00".to_owned()), None]);
        assert!(unreadable[0].message.contains("e-mail"), "{unreadable:?}");
    }
}

#[test]
fn what_is_no_list_is_none_by_rows_either() {
    for body in ["<html></html>", "{}", r#"{"message": "no"}"#] {
        ByRow(ListTransfers::default()).read(body.as_bytes()).unwrap_err();
    }
}
