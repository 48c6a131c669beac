use super::*;

fn header(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn map(text: &str) -> Mapping {
    text.parse().unwrap()
}

#[test]
fn names_are_understood_in_any_spelling() {
    let names = [
        "First Name",
        "SURNAME",
        "e-mail address",
        "Mobile no.",
        "Address line 1",
        "Town/City",
        "Post code",
        "NHS job title",
    ];
    let (uses, problems) = uses(&header(&names), &[]);
    use Field::*;
    let fields = [FirstName, LastName, Email, Phone, Address, City, Postcode, JobRole];
    assert_eq!(uses, fields.map(Use::Field));
    assert_eq!(problems, []);
    assert_eq!(
        explain(
            &header(&["first_name", "First name", "Surname", "Notes"]),
            &[Use::Field(FirstName), Use::Field(FirstName), Use::Field(LastName), Use::Extra]
        ),
        ["columns: \"Surname\" is last_name", "not sent to the portal, but kept for the results: \"Notes\""]
    );
}

#[test]
fn several_names_of_one_field_are_understood() {
    for (name, field) in [
        ("City/Town", Some(Field::City)),
        ("Town / City", Some(Field::City)),
        ("Postcode/ZIP", Some(Field::Postcode)),
        ("ZIP | Postal code", Some(Field::Postcode)),
        ("Phone (mobile)", Some(Field::Phone)),
        ("Role/Job title/Position", Some(Field::JobRole)),
        // what is in such a column cannot be told
        ("Email/Phone", None),
        ("Name/Email", None),
        ("City/County", None),
        ("/", None),
        ("", None),
    ] {
        assert_eq!(meaning(name).map(|(field, _)| field), field, "{name}");
    }
    let meant = uses(&header(&["City/Town", "city"]), &[]).0;
    assert_eq!(meant, [Use::Extra, Use::Field(Field::City)], "the field's own name goes first");
}

#[test]
fn every_word_has_one_meaning() {
    let mut all: Vec<_> = WORDS.iter().flat_map(|(_, words)| *words).chain(&MORE_ADDRESS).collect();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count);
    for word in all {
        assert!(Field::all().all(|field| field.name().replace('_', "") != *word), "{word}");
    }
    for (place, (field, _)) in WORDS.iter().enumerate() {
        assert_eq!(*field as usize, place);
    }
}

#[test]
fn what_the_user_says_goes_first_and_the_field_s_own_name_before_other_words() {
    let names = header(&["Mobile", "phone", "Telephone", "Notes", "", "not_booked_because", "address 2"]);
    let (meant, problems) = uses(&names, &[]);
    assert_eq!(
        meant,
        [Use::Extra, Use::Field(Field::Phone), Use::Extra, Use::Extra, Use::Nothing, Use::Nothing, Use::MoreAddress]
    );
    assert_eq!(problems, []);
    let (meant, problems) = uses(&names, &[map("mobile=phone"), map("Notes=job_role"), map("Address 2=")]);
    assert_eq!(meant[..4], [Use::Field(Field::Phone), Use::Extra, Use::Extra, Use::Field(Field::JobRole)]);
    assert_eq!(meant[6], Use::Extra);
    assert_eq!(problems, []);
}

#[test]
fn two_columns_for_one_field_are_reported() {
    let notes = |names: &[&str]| uses(&header(names), &[]).1;
    let [(name, why)] = &notes(&["Mobile", "Telephone", "Tel"])[..] else { panic!() };
    assert_eq!(
        (name.as_str(), why.as_str()),
        ("Telephone", "could be phone, and so could Mobile; choose with --map \"Telephone=phone\"")
    );
    assert_eq!(notes(&["email", "Email"]), [("Email".to_owned(), "is there twice".to_owned())]);
    let (_, problems) = uses(&header(&["email"]), &[map("Mobil=phone")]);
    assert_eq!(problems[0].0, "Mobil");
}

#[test]
fn mappings_are_read() {
    assert_eq!(map("A=B=phone").column, "A=B");
    assert_eq!(map("Role=").field, None);
    for (text, why) in [
        ("phone", "write it as"),
        ("=phone", "is missing"),
        ("Mobile=fone", "there is no field fone; fields are: course_id, date"),
    ] {
        assert!(text.parse::<Mapping>().unwrap_err().contains(why), "{text}");
    }
}
