use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Arc, Mutex};
use selvedge::{Check, Strategy, thread};

fn lost_increment() -> u32 {
    let c = Arc::new(AtomicU32::new(0).named("counter"));
    let t: Vec<_> = (0..2).map(|i| { let c = c.clone(); thread::Builder::new().name(format!("w{i}")).spawn(move || { let v = c.load(SeqCst); c.store(v + 1, SeqCst); }).unwrap() }).collect();
    for t in t { t.join().unwrap(); }
    let v = c.load(SeqCst);
    assert_eq!(v, 2);
    v
}

#[test]
fn lost() {
    for s in [Strategy::Dfs, Strategy::Random, Strategy::Pct { depth: 2 }, Strategy::Urw, Strategy::Pos] {
        let r = Check::new("lost/increment").strategy(s).keep_going(true).run(lost_increment);
        println!("{r}{} {} {:?}", r.executions, r.failing_executions, r.elapsed);
    }
}

#[test]
fn deadlock() {
    let r = Check::new("dead/lock").strategy(Strategy::Dfs).keep_going(true).run(|| {
        let a = Arc::new(Mutex::new(1).named("a"));
        let b = Arc::new(Mutex::new(1).named("b"));
        let (a2, b2) = (a.clone(), b.clone());
        let t = thread::Builder::new().name("w").spawn(move || { let _x = a2.lock().unwrap(); let _y = b2.lock().unwrap(); }).unwrap();
        { let _y = b.lock().unwrap(); let _x = a.lock().unwrap(); }
        t.join().unwrap();
    });
    println!("{r}{} {} {:?}", r.executions, r.failing_executions, r.elapsed);
}
