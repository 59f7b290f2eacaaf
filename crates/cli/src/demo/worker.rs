//! The thread that computes lessons, so that the interface answers keys at once.

use crate::lesson::{LESSONS, LessonError, Study, Values};
use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::time::Duration;

/// Time between two frames of a lesson that trains: sixty of them take three seconds.
const PACE: Duration = Duration::from_millis(50);

/// What the interface asks for.
#[derive(Debug)]
enum Order {
    /// Show a lesson at these values, from its start.
    Show(Request),
    /// Train or pause.
    Train(bool),
}

#[derive(Debug)]
struct Request {
    ticket: u64,
    place: usize,
    values: Values,
    trains: bool,
}

/// What the thread reports about an order.
#[derive(Debug)]
enum News {
    Shown(Result<Study, LessonError>),
    Ended,
}

/// A handle to the thread, which ends when this is dropped.
#[derive(Debug)]
pub(super) struct Worker {
    orders: Sender<Order>,
    news: Receiver<(u64, News)>,
    ticket: u64,
}

/// Progress on the last order.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// The newest result.
    pub(super) shown: Option<Result<Study, LessonError>>,
    /// No more results will come.
    pub(super) ended: bool,
}

/// The thread has ended.
#[derive(Debug, thiserror::Error)]
#[error("the computation of the lesson stopped")]
pub(super) struct Gone;

impl Worker {
    pub(super) fn start() -> Self {
        let (orders, received) = mpsc::channel();
        let (reports, news) = mpsc::channel();
        // Not joined: it ends by itself when both channels close.
        std::thread::spawn(move || work(&received, &reports));
        Self { orders, news, ticket: 0 }
    }

    /// Asks for a lesson, abandoning what is under way.
    pub(super) fn show(&mut self, place: usize, values: Values, trains: bool) -> Result<(), Gone> {
        self.ticket += 1;
        self.orders.send(Order::Show(Request { ticket: self.ticket, place, values, trains })).map_err(|_| Gone)
    }

    /// Starts or pauses training.
    pub(super) fn train(&self, trains: bool) -> Result<(), Gone> {
        self.orders.send(Order::Train(trains)).map_err(|_| Gone)
    }

    /// What arrived since the last call, for the last order.
    pub(super) fn progress(&self) -> Result<Progress, Gone> {
        let mut progress = Progress::default();
        loop {
            match self.news.try_recv() {
                Ok((ticket, _)) if ticket != self.ticket => {}
                Ok((_, News::Shown(study))) => progress.shown = Some(study),
                Ok((_, News::Ended)) => progress.ended = true,
                Err(TryRecvError::Empty) => return Ok(progress),
                Err(TryRecvError::Disconnected) => return Err(Gone),
            }
        }
    }
}

fn work(orders: &Receiver<Order>, reports: &Sender<(u64, News)>) {
    let mut next = None;
    loop {
        let mut request = match next.take() {
            Some(request) => request,
            None => match orders.recv() {
                Ok(Order::Show(request)) => request,
                Ok(Order::Train(_)) => continue,
                Err(_) => return,
            },
        };
        // Only the newest values count: a held key asks faster than a lesson can answer.
        while let Ok(order) = orders.try_recv() {
            match order {
                Order::Show(newer) => request = newer,
                Order::Train(trains) => request.trains = trains,
            }
        }
        let Request { ticket, place, values, mut trains } = request;
        let lesson = LESSONS[place];
        let result = lesson.run(&values, &mut |study| {
            if reports.send((ticket, News::Shown(Ok(study)))).is_err() {
                return ControlFlow::Break(());
            }
            if !lesson.runs() {
                return ControlFlow::Continue(());
            }
            loop {
                let order = if trains {
                    match orders.recv_timeout(PACE) {
                        Err(RecvTimeoutError::Timeout) => return ControlFlow::Continue(()),
                        Err(RecvTimeoutError::Disconnected) => return ControlFlow::Break(()),
                        Ok(order) => order,
                    }
                } else {
                    match orders.recv() {
                        Err(_) => return ControlFlow::Break(()),
                        Ok(order) => order,
                    }
                };
                match order {
                    Order::Train(now) => trains = now,
                    Order::Show(request) => {
                        next = Some(request);
                        return ControlFlow::Break(());
                    }
                }
            }
        });
        let sent = match result {
            Ok(()) => reports.send((ticket, News::Ended)),
            Err(error) => reports.send((ticket, News::Shown(Err(error)))),
        };
        if sent.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    /// Everything until it fits; an end of patience is a failure.
    fn until(worker: &Worker, mut fits: impl FnMut(&Progress) -> bool) {
        let start = Instant::now();
        loop {
            if fits(&worker.progress().expect("the thread lives")) {
                return;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "nothing came");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn points(progress: &Progress) -> Option<usize> {
        let study = progress.shown.as_ref()?.as_ref().expect("a study");
        Some(study.chart.series[0].points.len())
    }

    #[test]
    fn training_waits_starts_pauses_and_begins_anew() {
        let place = crate::lesson::find("forgetting").expect("a lesson");
        let values = Values::new(LESSONS[place].parameters());
        let mut worker = Worker::start();
        worker.show(place, values.clone(), false).expect("a thread");
        until(&worker, |progress| points(progress) == Some(1));
        std::thread::sleep(4 * PACE);
        assert!(worker.progress().expect("a thread").shown.is_none(), "it waits to be started");
        worker.train(true).expect("a thread");
        until(&worker, |progress| points(progress).is_some_and(|points| points > 3));
        worker.train(false).expect("a thread");
        std::thread::sleep(4 * PACE);
        let _ = worker.progress();
        std::thread::sleep(4 * PACE);
        assert!(worker.progress().expect("a thread").shown.is_none(), "it is paused");
        worker.show(place, values, true).expect("a thread");
        until(&worker, |progress| points(progress).is_some_and(|points| points < 4));
        until(&worker, |progress| progress.ended);
    }

    #[test]
    fn only_the_newest_values_are_answered() {
        let place = crate::lesson::find("buying-back").expect("a lesson");
        let mut values = Values::new(LESSONS[place].parameters());
        let mut worker = Worker::start();
        for _ in 0..8 {
            values.step(0, 1);
            worker.show(place, values.clone(), false).expect("a thread");
        }
        let wanted = LESSONS[place].study(&values).expect("a study");
        until(&worker, |progress| {
            progress.shown.as_ref().is_some_and(|study| *study.as_ref().expect("a study") == wanted)
        });
    }
}
