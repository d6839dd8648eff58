//! Those who use the server: threads, and the network as std has it.

use std::io::{self, Read, Write};
use std::iter;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

use crate::runtimes::Runtime;
use crate::server::{self, IN_LINE, Message, Queue, SLOTS, Server, YOUR_TURN};

const THREADS: usize = 2;
/// A multiple of [`SLOTS`], for clients are served in groups.
const CLIENTS: u8 = 8 * SLOTS as u8;
/// How many more hang up while they stand in line.
const LEAVERS: usize = 8;
const MESSAGES: u8 = 20;

/// What a run of the server came to.
pub(crate) struct Seen {
    /// What the journal has, in the order of [`messages`].
    pub(crate) journal: Vec<Message>,
    pub(crate) most_at_once: usize,
    /// How many slots are free in the end.
    pub(crate) free: usize,
}

/// All that is said.
pub(crate) fn messages() -> impl Iterator<Item = Message> {
    (0..CLIENTS).flat_map(messages_of)
}

fn messages_of(client: u8) -> impl Iterator<Item = Message> {
    (0..MESSAGES).map(move |number| [b'#', client, b'.', number])
}

/// Starts the server, uses it and stops it.
pub(crate) fn run<R: Runtime, Q: Queue>() -> io::Result<Seen> {
    let server = Arc::new(Server::<Q>::new());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let (kept, journal) = mpsc::channel();
    // Nobody goes on before all of them stand in line.
    let all_are_in_line = Barrier::new(usize::from(CLIENTS) + LEAVERS);
    // Nobody says anything before all slots are in use.
    let slots_are_full = Barrier::new(SLOTS);

    let journal = thread::scope(|scope| -> io::Result<_> {
        let threads = iter::repeat_with(|| {
            let (server, kept) = (Arc::clone(&server), kept.clone());
            let listener = listener.try_clone()?;
            Ok(scope.spawn(move || server::thread::<R, Q>(&server, listener, kept)))
        });
        let threads = threads.take(THREADS).collect::<io::Result<Vec<_>>>()?;
        drop(kept);
        for client in 0..CLIENTS {
            let (all_are_in_line, slots_are_full) = (&all_are_in_line, &slots_are_full);
            scope.spawn(move || stays(address, client, all_are_in_line, slots_are_full).expect("the server answers"));
        }
        for _ in 0..LEAVERS {
            scope.spawn(|| leaves(address, &all_are_in_line).expect("the server answers"));
        }

        let all = usize::from(CLIENTS) * usize::from(MESSAGES);
        let mut entries: Vec<_> = journal.iter().take(all).collect();
        server.stop.request();
        for thread in threads {
            thread.join().expect("no thread of the server panics")?;
        }
        entries.extend(journal);
        Ok(entries)
    });
    let mut journal = journal?;
    journal.sort_unstable();
    Ok(Seen {
        journal,
        most_at_once: server.most_at_once(),
        free: server.slots.available(),
    })
}

fn stays(address: SocketAddr, client: u8, all_are_in_line: &Barrier, slots_are_full: &Barrier) -> io::Result<()> {
    let mut server = TcpStream::connect(address)?;
    assert_eq!(hear(&mut server)?, IN_LINE);
    all_are_in_line.wait();
    assert_eq!(hear(&mut server)?, YOUR_TURN);
    slots_are_full.wait();
    for message in messages_of(client) {
        server.write_all(&message)?;
        assert_eq!(hear(&mut server)?, message);
    }
    Ok(())
}

fn leaves(address: SocketAddr, all_are_in_line: &Barrier) -> io::Result<()> {
    let mut server = TcpStream::connect(address)?;
    assert_eq!(hear(&mut server)?, IN_LINE);
    all_are_in_line.wait();
    Ok(())
}

fn hear(server: &mut TcpStream) -> io::Result<Message> {
    let mut message = [0; 4];
    server.read_exact(&mut message)?;
    Ok(message)
}
