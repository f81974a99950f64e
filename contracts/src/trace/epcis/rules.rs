//! What EPCIS 2.0 documents may hold around their events: EPCIS 2.0 (section 10) as GS1's JSON
//! Schema of 2022 enforces it, in our own words.

use super::event_rules::{ANY_OBJECT, CONTEXT, EPCS, Members, TIME, URI, list, object};
use super::format::is_version;
use super::schema::{Others, Rule, Shape};

const VERSION: Rule = Rule::Pattern(is_version, "a version such as \"2.0\"");
const VOCABULARIES: Rule = list(&object(
    &[&[
        ("type", URI),
        (
            "vocabularyElementList",
            list(&object(
                &[&[
                    ("id", URI),
                    ("children", EPCS),
                    (
                        "attributes",
                        list(&object(
                            &[&[("id", URI), ("attribute", Rule::Either(&[Rule::Number, Rule::Text, ANY_OBJECT]))]],
                            &["id"],
                            Others::Any,
                        )),
                    ),
                ]],
                &["id"],
                Others::Any,
            )),
        ),
    ]],
    &["type"],
    Others::Any,
));
const DOCUMENT: Members =
    &[("@context", CONTEXT), ("id", URI), ("type", Rule::Text), ("schemaVersion", VERSION), ("creationDate", TIME)];
const EVENTS: Rule = list(&Rule::Event);

/// A document to capture.
pub(super) const CAPTURE: Shape = Shape {
    members: &[
        DOCUMENT,
        &[
            ("instanceIdentifier", Rule::Text),
            ("sender", Rule::Text),
            ("receiver", Rule::Text),
            (
                "epcisHeader",
                object(
                    &[&[("epcisMasterData", object(&[&[("vocabularyList", VOCABULARIES)]], &[], Others::Any))]],
                    &[],
                    Others::Uris,
                ),
            ),
            ("epcisBody", object(&[&[("eventList", EVENTS)]], &["eventList"], Others::Any)),
        ],
    ],
    required: &["@context", "type", "schemaVersion", "creationDate", "epcisBody"],
    others: Others::Uris,
};

/// The answer to a query.
pub(super) const QUERY: Shape = Shape {
    members: &[
        DOCUMENT,
        &[(
            "epcisBody",
            object(
                &[&[(
                    "queryResults",
                    object(
                        &[&[
                            ("queryName", Rule::Text),
                            ("subscriptionID", Rule::Text),
                            (
                                "resultsBody",
                                object(
                                    &[&[("eventList", EVENTS), ("vocabularyList", VOCABULARIES)]],
                                    &["eventList"],
                                    Others::Uris,
                                ),
                            ),
                        ]],
                        &["queryName", "resultsBody"],
                        Others::Uris,
                    ),
                )]],
                &["queryResults"],
                Others::Uris,
            ),
        )],
    ],
    required: &["@context", "type", "epcisBody"],
    others: Others::Uris,
};
