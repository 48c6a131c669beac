//! The meaning of a file's columns: by the API's names, by the words that people use, or by `--map`.

use crate::book::field::Field;

/// Words for the fields, in lower case and without what is no letter or digit. The API's names need not be here.
const WORDS: [(Field, &[&str]); 15] = [
    (Field::CourseId, &["course", "courseno", "coursenumber"]),
    (Field::Date, &["trainingdate", "coursedate", "day", "bookingdate", "preferreddate"]),
    (Field::Time, &["starttime", "trainingtime", "coursetime", "preferredtime"]),
    (Field::FirstName, &["first", "forename", "givenname", "forenames", "firstnames", "candidatefirstname"]),
    (Field::LastName, &["last", "surname", "familyname", "candidatelastname", "candidatesurname"]),
    (Field::Email, &["emailaddress", "mail", "candidateemail", "personalemail", "candidateemailaddress"]),
    (
        Field::Phone,
        &[
            "mobile",
            "mobilenumber",
            "mobileno",
            "mobilephone",
            "phonenumber",
            "phoneno",
            "telephone",
            "tel",
            "telno",
            "telephonenumber",
            "contactnumber",
            "contactno",
            "candidatephone",
            "cell",
        ],
    ),
    (
        Field::Address,
        &["address1", "addressline1", "street", "streetaddress", "houseandstreet", "homeaddress", "postaladdress"],
    ),
    (Field::City, &["town", "towncity", "cityortown", "cityandtown", "townorcity", "posttown"]),
    (Field::Postcode, &["postalcode", "zip", "zipcode", "homepostcode"]),
    (Field::JobRole, &["role", "job", "jobtitle", "nhsjobtitle", "nhsjobrole", "position", "profession", "occupation"]),
    (Field::PayOption, &["payment", "paymentmethod", "paymentoption", "payby", "howtopay"]),
    (Field::AgencyContactName, &["agencycontact", "contactname", "consultant", "consultantname"]),
    (Field::AgencyContactEmail, &["contactemail", "consultantemail", "agencycontactemailaddress"]),
    (Field::AgencyEmail, &["agencyemailaddress"]),
];

/// Further lines of an address, which follow the first in one field.
const MORE_ADDRESS: [&str; 5] = ["address2", "addressline2", "address3", "addressline3", "locality"];

/// The column that `--failed` adds, which is not fed back.
pub const WHY_NOT: &str = "not_booked_because";

/// What a column is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Field(Field),
    /// A further line of the address.
    MoreAddress,
    /// It comes back in the results.
    Extra,
    /// It has neither a name nor a use.
    Nothing,
}

impl Use {
    pub fn field(self) -> Option<Field> {
        match self {
            Self::Field(field) => Some(field),
            _ => None,
        }
    }
}

/// A column that the user has given a meaning: `Mobile=phone`, or `Role=` to keep it as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    column: String,
    field: Option<Field>,
}

impl std::str::FromStr for Mapping {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (column, field) = text.rsplit_once('=').ok_or("write it as \"Mobile=phone\"")?;
        let column = column.trim().to_owned();
        if column.is_empty() {
            return Err("the name of the column is missing; write it as \"Mobile=phone\"".to_owned());
        }
        let field = match field.trim() {
            "" => None,
            name => Some(Field::named(name).ok_or_else(|| {
                let names: Vec<_> = Field::all().map(Field::name).collect();
                format!("there is no field {name}; fields are: {}", names.join(", "))
            })?),
        };
        Ok(Self { column, field })
    }
}

/// The words of a name: lower case, without what separates them.
fn words(name: &str) -> String {
    name.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether it is the column that `--failed` adds, even if a spreadsheet or a person has changed how its name is written.
pub fn is_why_not(name: &str) -> bool {
    words(name) == words(WHY_NOT)
}

/// The field that a name stands for, and whether it is its own name. `Postcode/ZIP` has several names of one field.
fn meaning(name: &str) -> Option<(Field, bool)> {
    one_meaning(name).or_else(|| {
        let mut parts = name.split(['/', '|', '(']).filter(|part| !words(part).is_empty()).map(one_meaning);
        let (first, _) = parts.next()??;
        parts.all(|part| part.is_some_and(|(field, _)| field == first)).then_some((first, false))
    })
}

fn one_meaning(name: &str) -> Option<(Field, bool)> {
    let words = words(name);
    let own = Field::all().find(|field| field.name().replace('_', "") == words).map(|field| (field, true));
    own.or_else(|| {
        let other = WORDS.into_iter().find(|(_, others)| others.contains(&words.as_str()));
        other.map(|(field, _)| (field, false))
    })
}

/// How many of the cells may be names of columns.
pub fn known(cells: &[String], mappings: &[Mapping]) -> usize {
    let is_mapped = |cell: &str| mappings.iter().any(|mapping| words(&mapping.column) == words(cell));
    cells.iter().filter(|cell| meaning(cell).is_some() || is_mapped(cell)).count()
}

/// The uses of the columns of a header, and what is wrong with it: for each problem the name of the column.
pub fn uses(header: &[String], mappings: &[Mapping]) -> (Vec<Use>, Vec<(String, String)>) {
    let mut problems = Vec::new();
    let is_mapped = |name: &str| mappings.iter().find(|mapping| words(&mapping.column) == words(name));
    for mapping in mappings {
        if !header.iter().any(|name| words(name) == words(&mapping.column)) {
            problems.push((mapping.column.clone(), "is named by --map, and the file has no such column".to_owned()));
        }
    }
    let found: Vec<_> = header
        .iter()
        .map(|name| match is_mapped(name) {
            Some(mapping) => mapping.field.map(|field| (field, Rank::Mapped)),
            None => meaning(name).map(|(field, own)| (field, if own { Rank::Own } else { Rank::Word })),
        })
        .collect();
    let mut uses = Vec::new();
    for (index, (name, meant)) in header.iter().zip(&found).enumerate() {
        let name = name.trim();
        let Some((field, rank)) = *meant else {
            uses.push(match () {
                () if name.is_empty() => Use::Nothing,
                () if is_why_not(name) => Use::Nothing,
                () if is_mapped(name).is_none() && MORE_ADDRESS.contains(&words(name).as_str()) => Use::MoreAddress,
                () => Use::Extra,
            });
            continue;
        };
        // what the user has said goes before the field's own name, and that before other words
        let rivals = || {
            found
                .iter()
                .enumerate()
                .filter_map(|(at, other)| Some((at, (*other)?)))
                .filter(|(_, (other, _))| *other == field)
        };
        let best = rivals().map(|(_, (_, rank))| rank).max().unwrap_or(rank);
        let equals: Vec<_> = rivals().filter(|(_, (_, other))| *other == best).map(|(at, _)| at).collect();
        if rank < best {
            uses.push(Use::Extra);
            continue;
        }
        if let [first, second, ..] = equals[..]
            && index == second
        {
            let (one, other) = (header[first].trim(), header[second].trim());
            problems.push((
                other.to_owned(),
                if words(one) == words(other) {
                    "is there twice".to_owned()
                } else {
                    format!(
                        "could be {}, and so could {one}; choose with --map \"{other}={}\"",
                        field.name(),
                        field.name()
                    )
                },
            ));
        }
        uses.push(Use::Field(field));
    }
    (uses, problems)
}

/// How sure it is that a column has this meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Word,
    Own,
    Mapped,
}

/// How the columns are understood, if that is not plain: for the user to confirm.
pub fn explain(header: &[String], uses: &[Use]) -> Vec<String> {
    let pairs = || header.iter().map(|name| name.trim()).zip(uses);
    let renamed = pairs().filter_map(|(name, meant)| match meant {
        Use::Field(field) if words(name) != field.name().replace('_', "") => {
            Some(format!("\"{name}\" is {}", field.name()))
        }
        Use::MoreAddress => Some(format!("\"{name}\" is a further line of address")),
        _ => None,
    });
    let renamed: Vec<_> = renamed.collect();
    let extra: Vec<_> =
        pairs().filter(|(_, meant)| **meant == Use::Extra).map(|(name, _)| format!("\"{name}\"")).collect();
    let line = |what: &str, names: Vec<String>| (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")));
    [line("columns", renamed), line("not sent to the portal, but kept for the results", extra)]
        .into_iter()
        .flatten()
        .collect()
}

#[cfg(test)]
#[path = "columns_tests.rs"]
mod tests;
