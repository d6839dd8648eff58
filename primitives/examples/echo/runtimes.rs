//! What the server asks of a runtime, and what compio and tokio make of it.

use std::future::Future;
use std::io;
use std::net;

/// A runtime whose tasks stay on the thread that has called [`block_on`](Runtime::block_on).
pub(crate) trait Runtime: 'static {
    type Listener;
    type Stream: 'static;

    fn block_on<T>(future: impl Future<Output = T>) -> io::Result<T>;

    /// Begins a task of this thread. It is to be awaited: dropped, it may be cancelled or not.
    fn spawn<F: Future<Output = ()> + 'static>(future: F) -> impl Future<Output = ()>;

    fn listener(listener: net::TcpListener) -> io::Result<Self::Listener>;

    async fn accept(listener: &Self::Listener) -> io::Result<Self::Stream>;

    /// The next `length` bytes.
    async fn read(stream: &Self::Stream, length: usize) -> io::Result<Vec<u8>>;

    async fn write(stream: &Self::Stream, bytes: Vec<u8>) -> io::Result<()>;
}

pub(crate) struct Compio;

impl Runtime for Compio {
    type Listener = compio::net::TcpListener;
    type Stream = compio::net::TcpStream;

    fn block_on<T>(future: impl Future<Output = T>) -> io::Result<T> {
        Ok(compio::runtime::Runtime::new()?.block_on(future))
    }

    fn spawn<F: Future<Output = ()> + 'static>(future: F) -> impl Future<Output = ()> {
        let task = compio::runtime::spawn(future);
        async { task.await.expect("no task panics") }
    }

    fn listener(listener: net::TcpListener) -> io::Result<Self::Listener> {
        compio::net::TcpListener::from_std(listener)
    }

    async fn accept(listener: &Self::Listener) -> io::Result<Self::Stream> {
        Ok(listener.accept().await?.0)
    }

    async fn read(mut stream: &Self::Stream, length: usize) -> io::Result<Vec<u8>> {
        use compio::io::AsyncReadExt;

        let compio::BufResult(read, bytes) = stream.read_exact(Vec::with_capacity(length)).await;
        read.map(|()| bytes)
    }

    async fn write(mut stream: &Self::Stream, bytes: Vec<u8>) -> io::Result<()> {
        use compio::io::AsyncWriteExt;

        stream.write_all(bytes).await.0
    }
}

pub(crate) struct Tokio;

impl Runtime for Tokio {
    type Listener = tokio::net::TcpListener;
    type Stream = tokio::net::TcpStream;

    fn block_on<T>(future: impl Future<Output = T>) -> io::Result<T> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        Ok(tokio::task::LocalSet::new().block_on(&runtime, future))
    }

    fn spawn<F: Future<Output = ()> + 'static>(future: F) -> impl Future<Output = ()> {
        let task = tokio::task::spawn_local(future);
        async { task.await.expect("no task panics") }
    }

    fn listener(listener: net::TcpListener) -> io::Result<Self::Listener> {
        listener.set_nonblocking(true)?;
        tokio::net::TcpListener::from_std(listener)
    }

    async fn accept(listener: &Self::Listener) -> io::Result<Self::Stream> {
        Ok(listener.accept().await?.0)
    }

    async fn read(stream: &Self::Stream, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        let mut done = 0;
        while done < length {
            stream.readable().await?;
            match stream.try_read(&mut bytes[done..]) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => done += n,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(bytes)
    }

    async fn write(stream: &Self::Stream, bytes: Vec<u8>) -> io::Result<()> {
        let mut done = 0;
        while done < bytes.len() {
            stream.writable().await?;
            match stream.try_write(&bytes[done..]) {
                Ok(n) => done += n,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
