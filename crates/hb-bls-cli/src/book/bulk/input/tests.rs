use std::fs;

use super::*;

const HEADER: &str = "course_id,first_name,last_name,email,phone,address,city,postcode,job_role,pay_option,\
                      agency_contact_name,agency_contact_email";

fn row(name: &str) -> String {
    format!(
        "1,{name},Lovelace,{name}@example.com,+447700900123,\"12, St James's Square\",London,SW1Y 4JH,Nurse,credits,\
         Jo Field,jo@agency.example"
    )
}

static NONE: Values = Values::new();
const TODAY: Date = Date::constant(2026, 11, 26);

fn reading(flags: &Values, earliest: bool) -> Reading<'_> {
    Reading { flags, defaults: &NONE, faults: &[], earliest, mappings: &[], today: TODAY }
}

/// The file, or everything that is wrong with it in one line.
fn file(data: &[u8], reading: &Reading) -> Result<CandidateFile, String> {
    let file = CandidateFile::parse(data, reading).and_then(|file| file.settle("candidates.csv"));
    file.map_err(|error| crate::report::Report::of(&error.into()).reason())
}

fn read_with(data: impl AsRef<[u8]>, flags: &[(Field, &str)], earliest: bool) -> Result<Vec<Row>, String> {
    let flags = flags.iter().map(|(field, value)| (*field, (*value).to_owned())).collect();
    file(data.as_ref(), &reading(&flags, earliest)).map(|file| file.rows)
}

fn read_all(data: impl AsRef<[u8]>) -> Result<Vec<Row>, String> {
    read_with(data, &[], true)
}

fn lines(rows: &[Row]) -> Vec<usize> {
    rows.iter().map(|row| row.line).collect()
}

#[test]
fn files_of_every_make_are_read_and_lines_counted() {
    let (ada, grace) = (row("ada"), row("grace"));
    for (data, expected) in [
        (format!("{HEADER}\n{ada}\n{grace}\n"), [2, 3]),
        (format!("{HEADER}\n{ada}\n{grace}"), [2, 3]),
        (format!("\u{feff}{HEADER}\r\n{ada}\r\n{grace}\r\n"), [2, 3]),
        (format!("{HEADER}\r{ada}\r{grace}\r"), [2, 3]),
        (format!("\n{HEADER}\n\n{ada}\n\n\n{grace}\n\n"), [4, 7]),
        (format!("{HEADER}\r\n\r\n{ada}\r\n,,,,,,,,,,,\r\n{grace}\r\n"), [3, 5]),
        (format!("{}\n{ada}\n{grace}\n", HEADER.replace(',', " , ")), [2, 3]),
    ] {
        let rows = read_all(&data).unwrap_or_else(|why| panic!("{data:?}: {why}"));
        assert_eq!(lines(&rows), expected, "{data:?}");
        assert_eq!(rows[0].order.details.address, "12, St James's Square");
        assert_eq!(rows[1].order.details.email, "grace@example.com");
    }
}

#[test]
fn every_error_is_reported_with_its_line_and_column() {
    let broken = row("grace").replace("grace@example.com", "grace").replace("credits", "credit").replace("Nurse", " ");
    let data = format!("{HEADER}\n{}\n{broken}\n1,2\n{}\n{}\n", row("ada"), row("\"a\nb\""), row("ADA"));
    let why = read_all(data).err().unwrap();
    for part in [
        "has 7 errors; nothing was booked",
        "line 3, email: is not an email address",
        "line 3, job_role: is missing",
        "line 3, pay_option: must be credits, balance, invoice or candidate_pays",
        "line 4, number of columns: 2 where the header has 12",
        "line 5, first_name: has a line break",
        "line 5, email: has a line break",
        "line 8, email: the same candidate and training as line 2",
    ] {
        assert!(why.contains(part), "{part}: {why}");
    }
    assert!(!why.contains("grace") && !why.contains("Lovelace"), "{why}");
}

#[test]
fn every_error_of_the_header_is_reported() {
    let header = HEADER.replace("email,phone", "email,email,,shoe_size");
    let why = read_with(format!("{header}\n"), &[(Field::City, "Leeds")], true).err().unwrap();
    for part in [
        "line 1, email: is there twice",
        "line 1, phone: is missing; add the column, name it with --map \"COLUMN=phone\", or give --phone",
        "line 1, city: is given by --city, too",
    ] {
        assert!(why.contains(part), "{part}: {why}");
    }
    let why = read_with(format!("{HEADER}\n{}\n", row("ada")), &[], false).err().unwrap();
    assert!(
        why.contains("line 1, time: is missing; add the column") && why.contains("give --time, or --earliest"),
        "{why}"
    );
    assert!(why.contains("has 2 errors"), "a missing column is told once: {why}");
}

#[test]
fn what_is_no_table_is_reported() {
    for (data, why) in [
        (Vec::new(), "it is empty"),
        (b"\n\n".to_vec(), "it is empty"),
        (HEADER.as_bytes().to_vec(), "there is no candidate in it"),
        (row("ada").into_bytes(), "no line names the columns"),
        (
            [format!("{HEADER}\n{}\nZo\u{eb}\n", row("ada")).as_bytes(), b"Ren\xe9"].concat(),
            "partly UTF-8 and partly something else",
        ),
    ] {
        let message = read_all(data).err().unwrap();
        assert!(message.contains(why), "{message}");
    }
}

/// What spreadsheet programs make of one table.
#[test]
fn the_same_candidates_come_out_of_every_kind_of_file() {
    let table = format!("{HEADER}\n{}\n{}\n", row("Zoë"), row("René"));
    let separated = |separator: &str| {
        let quoted = table.replace("\"12, St James's Square\"", "\u{1}");
        quoted.replace(',', separator).replace('\u{1}', "\"12, St James's Square\"")
    };
    let utf16: Vec<u8> =
        "\u{feff}".encode_utf16().chain(separated("\t").encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let windows: Vec<u8> = separated(";").chars().map(|char| u8::try_from(char).unwrap()).collect();
    let expected: Vec<_> = read_all(&table).unwrap().into_iter().map(|row| row.digest).collect();
    for data in [separated(";").into_bytes(), separated("\t").into_bytes(), utf16, windows, workbook(&table)] {
        let rows = read_all(&data).unwrap();
        assert_eq!(lines(&rows), [2, 3]);
        assert_eq!(rows.iter().map(|row| row.digest.clone()).collect::<Vec<_>>(), expected);
        assert_eq!(rows[0].order.details.first_name, "Zoë");
    }
}

/// With every cell as text.
fn workbook(table: &str) -> Vec<u8> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(table.as_bytes());
    let mut rows = reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect());
    let header = rows.next().unwrap();
    crate::output::Sheet { header, rows: rows.collect() }.write(crate::output::SheetKind::Xlsx).unwrap()
}

#[test]
fn people_s_words_titles_and_further_columns_are_understood() {
    let data = "New starters;;;;;;;;;\n\nStaff no;First Name;Surname;E-mail;Mobile;Address 1;Address 2;Town;Post Code;NHS job title\n\
                007;Ada;Lovelace;ada@gmial.com;07700 900123;Flat 2;12 St James's Square;London;sw1y4jh;Nurse\n";
    let flags = [
        (Field::CourseId, "1"),
        (Field::PayOption, "Credits"),
        (Field::AgencyContactName, "Jo"),
        (Field::AgencyContactEmail, "jo@agency.example"),
    ];
    let flags = flags.map(|(field, value)| (field, value.to_owned())).into();
    let file = file(data.as_bytes(), &reading(&flags, true)).unwrap();
    assert_eq!(
        file.understood,
        [
            "line 1 is above the names of the columns and is left out",
            "columns: \"Surname\" is last_name, \"Mobile\" is phone, \"Address 1\" is address, \"Address 2\" is a further \
             line of address, \"Town\" is city, \"NHS job title\" is job_role",
            "not sent to the portal, but kept for the results: \"Staff no\"",
        ]
    );
    assert_eq!(file.doubts(), ["line 4, email: may be mistyped: is it @gmail.com?"]);
    let row = &file.rows[0];
    assert_eq!(row.extra, [("Staff no".to_owned(), "007".to_owned())]);
    let details = &row.order.details;
    assert_eq!(
        [&details.phone, &details.address, &details.postcode],
        ["+447700900123", "Flat 2, 12 St James's Square", "SW1Y 4JH"]
    );
    assert_eq!(details.pay_option.as_str(), "credits");
}

#[test]
fn a_column_is_what_the_user_says() {
    let data = format!("{}\n{}\n", HEADER.replace("phone", "Number"), row("ada"));
    assert!(read_all(&data).err().unwrap().contains("line 1, phone: is missing"));
    let flags = Values::new();
    let mappings = ["number = phone".parse().unwrap()];
    let rows = file(data.as_bytes(), &Reading { mappings: &mappings, ..reading(&flags, true) }).unwrap().rows;
    assert_eq!(rows[0].order.details.phone, "+447700900123");
    let mappings = ["Number=phone".parse().unwrap(), "Fax=phone".parse().unwrap()];
    let message = file(data.as_bytes(), &Reading { mappings: &mappings, ..reading(&flags, true) }).err().unwrap();
    assert!(message.contains("line 1, Fax: is named by --map, and the file has no such column"), "{message}");
}

#[test]
fn rows_name_their_timeslot_or_have_the_earliest() {
    let rows = ["7/12/2026,9am", "earliest,", ",", "tomorrow,"].map(|at| format!("{},{at}", row("ada")));
    let read =
        |rows: &[String], earliest| read_with(format!("{HEADER},Date,Time\n{}\n", rows.join("\n")), &[], earliest);
    let at =
        |rows: Vec<Row>| rows.iter().map(|row| row.order.at.map(|at| format!("{} {}", at.0, at.1))).collect::<Vec<_>>();
    assert_eq!(at(read(&rows[..2], false).unwrap()), [Some("2026-12-07 09:00:00".to_owned()), None]);
    assert_eq!(
        at(read(&[rows[0].clone(), rows[2].clone()], true).unwrap()),
        [Some("2026-12-07 09:00:00".to_owned()), None]
    );
    assert!(read(&rows[2..3], false).err().unwrap().contains("line 2, date: is missing"));
    // the day is theirs, and the time is left to the command
    let tomorrow = read(&rows[3..], true).unwrap();
    assert_eq!((tomorrow[0].order.at, tomorrow[0].order.on), (None, Some(Date::constant(2026, 11, 27))));
    assert!(read(&rows[3..], false).err().unwrap().contains("line 2, time: is missing; \"earliest\" stands for"));
}

/// A quote that is not closed must not hide the candidates after it.
#[test]
fn a_quote_that_is_not_closed_swallows_nobody() {
    for broken in [row("ada").replace("jo@agency.example", "\"jo@agency.example"), row("\"ada")] {
        let message = read_all(format!("{HEADER}\n{broken}\n{}\n{}\n", row("grace"), row("joan"))).err().unwrap();
        assert!(message.contains("line 2, "), "{message}");
    }
}

#[test]
fn flags_stand_for_columns_and_are_part_of_the_digest() {
    let header = HEADER.replace(",pay_option", "");
    let data = format!("{header}\n{}\n", row("ada").replace(",credits", ""));
    let digest = |option| read_with(&data, &[(Field::PayOption, option)], true).map(|rows| rows[0].digest.clone());
    assert_eq!(digest("credits").unwrap(), digest("credits").unwrap());
    assert_ne!(digest("credits").unwrap(), digest("invoice").unwrap());
    assert!(digest("credit").is_err_and(|why| why.contains("--pay-option must be")));
    let same = read_all(format!("{HEADER}\n{}\n", row("ada"))).unwrap();
    assert_eq!(same[0].digest, digest("credits").unwrap(), "wherever the value comes from");
}

/// This also holds for rows that have other errors. A wrong course in a flag is reported once.
#[test]
fn flags_header_rows_and_courses_are_reported_together() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("candidates.csv");
    let header = HEADER.replace(",pay_option", "").replace("phone", "Fax");
    let rows = ["ada", "grace", "joan"].map(|name| row(name).replace(",credits", ""));
    let rows = [rows[0].clone(), rows[1].replace("grace@", "grace"), rows[2].replacen('1', "9", 1)].join("\n");
    fs::write(&path, format!("{header}\n{rows}\n")).unwrap();
    let flags =
        [(Field::PayOption, "credit"), (Field::AgencyEmail, "booker")].map(|(field, value)| (field, value.into()));
    let (flags, faults) = (flags.into(), [(Field::Date, "is not a date".to_owned())]);
    let mut sheet =
        CandidateFile::of(&Source::read(&path).unwrap(), &Reading { faults: &faults, ..reading(&flags, true) })
            .unwrap();
    sheet.check_courses(&[CourseId::new(1)]);
    let message = sheet.settle(path.display()).err().unwrap().into();
    let message = crate::report::Report::of(&message).reason();
    for part in [
        "and the flags have 6 errors; nothing was booked",
        "flags: --date is not a date",
        "flags: --pay-option must be",
        "flags: --agency-email is not an email address",
        "line 1, phone: is missing",
        "line 3, email: is not an email address",
        "line 4, course_id: there is no course 9",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn a_course_that_a_flag_names_is_reported_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("candidates.csv");
    let rows = ["ada", "grace"].map(|name| row(name)[2..].to_owned()).join("\n");
    fs::write(&path, format!("{}\n{rows}\n", &HEADER["course_id,".len()..])).unwrap();
    let flags = Values::from([(Field::CourseId, "9".to_owned())]);
    let read = |course| {
        let mut file = CandidateFile::of(&Source::read(&path).unwrap(), &reading(&flags, true)).unwrap();
        file.check_courses(&[CourseId::new(course)]);
        file.settle(path.display())
    };
    assert_eq!(read(9).ok().unwrap().rows.len(), 2);
    let message = read(1).err().unwrap().to_string();
    assert_eq!(message, "the flags have an error; nothing was booked");
}
