//! Several accounts share one queue.

use super::*;

impl World {
    /// Lets the bookings become older than an hour, and puts them on the second page of the list.
    async fn pass_out_of_the_list(&self) {
        // nothing is told of these, and they cannot change any more
        let others = (0..100).map(|n| {
            json!({ "course": 1, "in_working_days": -200, "time": "09:00", "first_name": "Amara",
                "last_name": "Okafor", "email": format!("amara{n}@example.com"), "state": "pending" })
        });
        self.sandbox.add_contents(json!({ "bookings": others.collect::<Vec<_>>() })).await.unwrap();
        self.pass(120 * MINUTE).await;
    }

    /// The reconciler of another account without bookings, and of the account, both with the same queue and an hour's window.
    async fn reconcilers(&self) -> (Reconciler<MemoryEventQueue>, Reconciler<MemoryEventQueue>) {
        let account = self.sandbox.add_account().await.unwrap();
        let credentials = Credentials::new(&account.hb_client_id, account.api_key.as_str());
        let client = Client::builder().credentials(credentials).base_url(self.sandbox.base_url());
        let client = client.without_rate_limit().build().unwrap();
        let other = Reconciler::builder(client, self.queue.clone()).clock(self.clock.clone());
        (other.lookback(60 * MINUTE).build(), self.reconciler().lookback(60 * MINUTE).build())
    }
}

/// A run's findings.
async fn run(reconciler: &Reconciler<MemoryEventQueue>) -> u64 {
    reconciler.run(&mut ReconcileProgress::default()).await.unwrap()
}

#[tokio::test]
async fn a_change_is_found_after_another_account_has_looked() {
    let world = World::new().await;
    let booking = world.book().await;
    world.pass(10 * MINUTE).await;
    assert_eq!(world.reconcile().await, 1);
    world.handle().await;
    world.pass_out_of_the_list().await;
    let (other, its_own) = world.reconcilers().await;
    assert_eq!(run(&other).await, 0);
    world.sandbox.cancel(booking).await.unwrap();
    world.pass(10 * MINUTE).await;
    assert_eq!((run(&other).await, run(&its_own).await), (0, 1));
    world.handle().await;
    assert_eq!(world.told(booking), once(&["cancelled", "created"]));
    assert_eq!(count(&world.sandbox, "getBooking").await, 1, "another account has asked for it");
}

/// A delivery does not say whose booking it is about.
#[tokio::test]
async fn a_booking_that_is_known_by_deliveries_alone_is_found_by_its_account() {
    let world = World::new().await;
    let booking = world.book().await;
    world.deliver(&world.events().await[0]).await;
    world.handle().await;
    world.pass_out_of_the_list().await;
    let (other, its_own) = world.reconcilers().await;
    for _ in 0..2 {
        assert_eq!(run(&other).await, 0);
        assert_eq!(count(&world.sandbox, "getBooking").await, 1, "the other account asks once");
    }
    assert_eq!(run(&its_own).await, 0);
    assert_eq!(count(&world.sandbox, "getBooking").await, 2);
    // now its account is known, whatever is delivered
    world.reschedule(booking).await;
    world.deliver(&world.events().await[1]).await;
    world.handle().await;
    world.sandbox.cancel(booking).await.unwrap();
    world.pass(10 * MINUTE).await;
    assert_eq!(run(&other).await, 0);
    assert_eq!(count(&world.sandbox, "getBooking").await, 2);
    assert_eq!(run(&its_own).await, 1);
    world.handle().await;
    assert_eq!(world.told(booking), once(&["cancelled", "created", "rescheduled"]));
}
