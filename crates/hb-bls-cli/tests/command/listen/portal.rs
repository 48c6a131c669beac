use super::support::{Listen, PATIENCE};
use crate::machine::{Machine, Portal};

#[test]
fn it_registers_an_endpoint_of_its_own_and_signals_remove_it() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let portal = Portal::live();
        let mut listen = portal.listen(&[]);
        assert_eq!(portal.endpoints().into_iter().map(|(_, url)| url).collect::<Vec<_>>(), [listen.url()]);
        portal.test();
        let line = listen.line();
        assert_eq!((&line["event_type"], &line["verified"]), (&"webhook.test".into(), &true.into()), "{line}");
        listen.signal(signal);
        let (code, rest, errors) = listen.end_within(PATIENCE);
        assert_eq!((code, &*rest, &*errors), (Some(0), "", ""), "{signal}");
        assert_eq!(portal.endpoints(), [], "{signal}");
    }
}

#[test]
fn events_and_the_secret_are_as_asked_for() {
    let portal = Portal::live();
    let listen = portal.listen(&["--events", "booking.created,booking.cancelled", "--print-secret"]);
    let webhooks = portal.wait(portal.client().webhooks().list()).unwrap();
    let events: Vec<&str> = webhooks[0].events.iter().map(|event| event.as_str()).collect();
    assert_eq!(events, ["booking.created", "booking.cancelled"]);
    let secret = listen.object()["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with(webhooks[0].secret_prefix.as_deref().unwrap()));
    assert!(portal.listen(&[]).object().get("secret").is_none());
}

#[test]
fn when_nobody_reads_any_more_it_ends_quietly_and_leaves_nothing() {
    let portal = Portal::live();
    let mut listen = portal.listen(&[]);
    drop(listen.output.take());
    portal.test();
    let (code, _, errors) = listen.end_within(PATIENCE);
    assert_eq!((code, &*errors), (Some(0), ""));
    assert_eq!(portal.endpoints(), []);
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_recorded_is_not_accepted_and_ends_it() {
    let portal = Portal::live();
    let listen = portal.listen(&["--record", "/dev/full"]);
    portal.test();
    let (code, rest, errors) = listen.end_within(PATIENCE);
    assert_eq!((code, &*rest), (Some(1), ""));
    assert!(errors.contains("cannot record to /dev/full: "), "{errors}");
    assert_eq!(portal.endpoints(), []);
    let deliveries = portal.wait(portal.sandbox.deliveries()).unwrap();
    assert!(deliveries.iter().all(|delivery| delivery.response_status.is_none_or(|status| status == 503)));
}

#[test]
fn what_a_killed_run_left_behind_is_removed_and_what_others_use_is_not() {
    let portal = Portal::live();
    let killed = portal.listen(&[]);
    killed.signal("-KILL");
    killed.end();
    let running = portal.listen(&[]);
    let request = hb_bls::WebhookRequest::builder()
        .name("ours")
        .url("http://127.0.0.1:9/")
        .events([hb_bls::WebhookEventType::WebhookTest])
        .build();
    portal.wait(portal.client().webhooks().create(&request)).unwrap();
    let another = portal.listen(&[]);
    let urls: Vec<String> = portal.endpoints().into_iter().map(|(_, url)| url).collect();
    assert_eq!(urls, [running.url(), "http://127.0.0.1:9/".to_owned(), another.url()]);
}

#[test]
fn an_endpoint_that_cannot_be_removed_is_named() {
    let portal = Portal::live();
    let listen = portal.listen(&[]);
    let id = portal.endpoints()[0].0;
    portal.inject(hb_bls_sandbox::Fault::status("deleteWebhook", 422).times(9));
    let (code, _, errors) = listen.interrupt();
    assert_eq!(code, Some(6), "{errors}");
    assert!(errors.contains(&format!("endpoint {id} is left behind; the next `hb-bls listen` removes it")), "{errors}");
}

#[test]
fn a_portal_that_is_gone_is_not_waited_for() {
    let portal = Portal::live();
    let listen = portal.listen(&[]);
    drop(portal);
    listen.signal("-INT");
    let (code, _, errors) = listen.end_within(std::time::Duration::from_secs(15));
    assert_eq!(code, Some(8), "{errors}");
    assert!(errors.contains("left behind"), "{errors}");
}

#[test]
fn a_registration_whose_response_is_lost_leaves_nothing() {
    let portal = Portal::live();
    portal.inject(hb_bls_sandbox::Fault::new("createWebhook", hb_bls_sandbox::FaultKind::ResetAfter));
    let run = Machine::at(&portal).run("listen");
    assert_eq!(run.code, 8, "{}", run.stderr);
    assert!(run.stderr.contains("cannot register an endpoint"), "{}", run.stderr);
    assert_eq!(portal.endpoints(), []);
}

#[test]
fn a_booking_shows_nothing_of_the_candidate() {
    let portal = Portal::live();
    let mut listen = portal.listen(&[]);
    let client = portal.client();
    portal.wait(async {
        let course = client.courses().list().await.unwrap().remove(0);
        let slot = client.timeslots().list(course.id).months_ahead(1).await.unwrap().remove(0);
        let hold = client.timeslots().hold(course.id, slot.date, slot.time).await.unwrap();
        client.bookings().create(hold, &hb_bls::testing::booking_details()).await.unwrap();
    });
    let line = listen.line();
    assert_eq!((&line["event_type"], &line["verified"]), (&"booking.created".into(), &true.into()));
    let (_, rest, errors) = listen.interrupt();
    let shown = line.to_string() + &rest + &errors;
    for personal in ["Amara", "Okafor", "example.com", "7700", "zoom"] {
        assert!(!shown.contains(personal), "{shown}");
    }
    let deliveries = portal.wait(portal.sandbox.deliveries()).unwrap();
    assert!(deliveries[0].body.contains("Amara"), "nothing to hide");
}

#[test]
fn with_a_secret_no_portal_is_asked() {
    let portal = Portal::live();
    let mut listen = portal.listen(&["--secret", super::support::SECRET]);
    let body = super::support::event(1);
    assert_eq!(listen.post(&super::support::signed(super::support::SECRET, &body), &body), 200);
    assert_eq!(listen.line()["verified"], true);
    assert_eq!(portal.wait(portal.sandbox.requests()).unwrap().len(), 0);
}

#[test]
fn several_listen_at_once() {
    let portal = Portal::live();
    let mut all: Vec<Listen> = (0..3).map(|_| portal.listen(&[])).collect();
    for (id, _) in portal.endpoints() {
        portal.wait(portal.client().webhooks().test(id)).unwrap();
    }
    for listen in &mut all {
        assert_eq!(listen.line()["verified"], true);
    }
}
