//! The order in which the catalog teaches.

use selvedge_scenarios::catalog::course;

#[test]
fn the_course_has_an_order() {
    let catalog = selvedge_scenarios::catalog();
    assert_eq!(course::wrong_course(&catalog), Vec::<String>::new());
    let order = course::course(&catalog);
    assert_eq!(order.len(), catalog.len());
    assert_eq!(order[0].name, "lost-increment");
}
