use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

const fn text(es: &'static str, en: &'static str) -> Text {
    Text { es, en }
}

const fn param(id: &'static str, id_en: &'static str, unit: Unit, kind: ParamKind) -> ParamSpec {
    ParamSpec { id, id_en, label: text(id, id_en), help: text("", ""), unit, kind }
}

const fn filter(id: &'static str, id_en: &'static str, params: &'static [ParamSpec]) -> FilterSpec {
    FilterSpec { id, id_en, label: text(id, id_en), help: text("", ""), params, conflicts: &[] }
}

static GRAY: FilterSpec = filter("grises", "grayscale", &[]);
static BLUR: FilterSpec = filter(
    "blur",
    "blur",
    &[param(
        "radio",
        "radius",
        Unit::Px,
        ParamKind::Float { min: 0.0, max: 250.0, slider_max: 50.0, step: 0.5, default: Some(5.0) },
    )],
);
static POSTERIZE: FilterSpec = filter(
    "posterizar",
    "posterize",
    &[param("bits", "bits", Unit::Bits, ParamKind::Integer { min: 1, max: 8, default: Some(4) })],
);
static WATERMARK: FilterSpec = filter(
    "marca_agua",
    "watermark",
    &[
        param("texto", "text", Unit::None, ParamKind::Text { max_chars: 40, default: "PROCESADO" }),
        param(
            "color",
            "color",
            Unit::None,
            ParamKind::Color { default: "#ffffff", transparent: false },
        ),
        param(
            "lugar",
            "place",
            Unit::None,
            ParamKind::Choice {
                options: &[
                    Choice { id: "centro", id_en: "center", label: text("Centro", "Center") },
                    Choice { id: "abajo", id_en: "bottom", label: text("Abajo", "Bottom") },
                ],
                default: "centro",
            },
        ),
        param("sombra", "shadow", Unit::None, ParamKind::Bool { default: false }),
    ],
);
static CATALOGUE: &[&FilterSpec] = &[&GRAY, &BLUR, &POSTERIZE, &WATERMARK];

fn one(text: &str) -> VariantSpec {
    VariantSpec::parse(text, CATALOGUE).unwrap()
}

fn names(texts: &[&str]) -> Vec<String> {
    let variants = VariantSpec::parse_all(texts, CATALOGUE).unwrap();
    variants.into_iter().map(|variant| variant.name).collect()
}

fn value(text: &str, id: &str) -> Value {
    one(text).steps[0].params[id].clone()
}

#[test]
fn a_variant_is_named_as_it_was_written() {
    assert_eq!(one("grises").name, "grises");
    assert_eq!(one("grayscale").name, "grayscale");
    assert_eq!(one("grayscale + blur:radius=8").name, "grayscale+blur");
    assert_eq!(one("web=grayscale").name, "web");
}

#[test]
fn ids_are_canonical_in_whatever_language_and_case_the_names_were_written() {
    let variant = one("GRAYSCALE+Watermark:Text=a,PLACE=Bottom+marca-agua:sombra");
    let filters: Vec<_> = variant.steps.iter().map(|step| &step.filter).collect();
    assert_eq!(filters, ["grises", "marca_agua", "marca_agua"]);
    assert_eq!(variant.steps[1].params["lugar"], Value::Text("abajo".into()));
    assert_eq!(variant.steps[2].params["sombra"], Value::Bool(true));
}

#[test]
fn values_get_the_type_that_the_parameter_asks_for() {
    assert_eq!(value("blur:radio=8", "radio"), Value::Float(8.0));
    assert_eq!(value("blur:radio=8.5 px", "radio"), Value::Float(8.5));
    assert_eq!(value("posterize:bits=3", "bits"), Value::Integer(3));
    assert_eq!(value("watermark:color=F80", "color"), Value::Text("#ff8800".into()));
    assert_eq!(value("watermark:text=8", "texto"), Value::Text("8".into()));
    assert_eq!(value("watermark:shadow=no", "sombra"), Value::Bool(false));
}

#[test]
fn variants_of_the_same_filters_are_told_apart_by_what_differs() {
    assert_eq!(names(&["blur:radio=2", "blur:radio=8"]), ["blur-2", "blur-8"]);
    assert_eq!(names(&["blur", "grises", "blur:radio=8"]), ["blur", "grises", "blur-8"]);
    assert_eq!(
        names(&["watermark:text=a/b,color=fff", "watermark:text=c,color=fff"]),
        ["watermark-a_b", "watermark-c"]
    );
    assert_eq!(
        names(&["blur:radio=1+posterize:bits=2", "blur:radio=1+posterize:bits=3"]),
        ["blur+posterize-2", "blur+posterize-3"]
    );
}

#[test]
fn names_given_by_hand_are_never_changed() {
    let texts = ["blur=blur:radio=2", "blur:radio=8"];
    let error = VariantSpec::parse_all(&texts, CATALOGUE).unwrap_err();
    assert_eq!(error, CallError::SameName { name: "blur".into() });
}

#[test]
fn a_call_from_json_is_checked_like_a_written_one() {
    let call = FilterCall {
        filter: "Blur".into(),
        params: [("radius".to_owned(), Value::Integer(8))].into(),
    };
    let checked = call.checked(CATALOGUE).unwrap();
    assert_eq!(checked, one("blur:radio=8").steps[0]);
    let call = FilterCall {
        filter: "blur".into(),
        params: [("radio".to_owned(), Value::Float(f64::NAN))].into(),
    };
    assert!(call.checked(CATALOGUE).is_err());
}

#[test]
fn a_name_that_is_unsafe_as_a_folder_is_refused() {
    for name in [
        "", ".", "..", "...", "a/b", "a\\b", "a\0", "a\n", "a.", " a", "a ", "CON", "nul.txt",
        "Com1", "lpt9.x", "a:b", "a*", ".lote", ".lote-x",
    ] {
        assert!(check_name(name).is_err(), "{name:?}");
    }
    assert!(check_name(&"x".repeat(MAX_NAME_BYTES + 1)).is_err());
    for name in ["web", "a+b", "año 2024", "com10", "console", "..a", "-x", ".oculto"] {
        assert!(check_name(name).is_ok(), "{name:?}");
    }
    assert!(check_name(&"x".repeat(MAX_NAME_BYTES)).is_ok());
}

#[test]
fn every_refusal_is_one_clear_line_with_a_hint() {
    let texts: &[&[&str]] = &[
        &[""],
        &["  "],
        &["=blur"],
        &["blur+"],
        &["blur++grises"],
        &["blur:"],
        &["blur:radio=2,"],
        &["grises,blur"],
        &["a=b=blur"],
        &["watermark:text=\"hola"],
        &["watermark:text='hola'x"],
        &["watermark:text=hola\\"],
        &["blurr"],
        &["greyscale"],
        &["sepia"],
        &["\u{1b}[31mrojo\nx"],
        &["blur:radios=3"],
        &["blur:sigma=3"],
        &["blur:8"],
        &["blur:radio=1,5"],
        &["blur:radio:8"],
        &["grises:radio=8"],
        &["blur:radio"],
        &["blur:radio="],
        &["blur:radio=2,radius=8"],
        &["blur:radius=ocho"],
        &["blur:radius=900"],
        &["blur:radius=-1"],
        &["blur:radius=inf"],
        &["posterize:bits=2.5"],
        &["posterizar:bits=9"],
        &["watermark:text=\"\""],
        &["watermark:color=red"],
        &["watermark:place=top"],
        &["watermark:shadow=maybe"],
        &["../x=blur"],
        &["CON=blur"],
        &["blur", "blur"],
        &["Web=blur", "web=grises"],
        &[
            "blur+blur+blur+blur+blur+blur+blur+blur+blur+blur+blur+blur+blur+blur+blur+blur+blur+blur+blur+blur+blur",
        ],
    ];
    let mut report = String::new();
    for texts in texts {
        let error = VariantSpec::parse_all(texts, CATALOGUE).unwrap_err();
        let (line, hint) = (error.to_string(), error.hint());
        assert!(!line.contains('\n') && !hint.contains('\n'), "{line}");
        assert!(!line.chars().any(char::is_control), "{line}");
        writeln!(report, "{texts:?}\n  error: {line}\n  hint: {hint}").unwrap();
    }
    insta::assert_snapshot!(report);
}

fn any_call() -> impl Strategy<Value = FilterCall> {
    let spec = prop::sample::select(CATALOGUE.to_vec());
    spec.prop_flat_map(|spec| {
        let params: Vec<_> = spec
            .params
            .iter()
            .map(|param| {
                let value = match param.kind {
                    ParamKind::Float { min, max, .. } => (min..=max).prop_map(Value::Float).boxed(),
                    ParamKind::Integer { min, max, .. } | ParamKind::Level { min, max, .. } => {
                        (min..=max).prop_map(Value::Integer).boxed()
                    }
                    ParamKind::Text { max_chars, .. } => {
                        prop::collection::vec(any::<char>(), 1..=max_chars)
                            .prop_map(|chars| chars.into_iter().collect::<String>())
                            .prop_filter("drawable", |text| {
                                !text.chars().any(|c| c != '\n' && c.is_control())
                            })
                            .prop_map(Value::Text)
                            .boxed()
                    }
                    ParamKind::Color { .. } => "#[0-9a-f]{6}".prop_map(Value::Text).boxed(),
                    ParamKind::Choice { options, .. } => prop::sample::select(options)
                        .prop_map(|option| Value::Text(option.id.to_owned()))
                        .boxed(),
                    ParamKind::Length { min, max, .. } => prop_oneof![
                        (min..=max).prop_map(Value::Integer),
                        (1..=50_u8).prop_map(|percent| Value::Text(format!("{percent}%"))),
                    ]
                    .boxed(),
                    ParamKind::Ratio { .. } => (1..50_u8, 1..50_u8)
                        .prop_map(|(width, height)| Value::Text(format!("{width}:{height}")))
                        .boxed(),
                    ParamKind::File { .. } | ParamKind::Font => {
                        "[a-z/ ,+]{1,12}".prop_map(Value::Text).boxed()
                    }
                    ParamKind::Bool { .. } => any::<bool>().prop_map(Value::Bool).boxed(),
                };
                (Just(param.id.to_owned()), prop::option::of(value))
            })
            .collect();
        params.prop_map(move |params| FilterCall {
            filter: spec.id.to_owned(),
            params: params.into_iter().filter_map(|(id, value)| Some((id, value?))).collect(),
        })
    })
}

proptest! {
    #[test]
    fn what_is_displayed_parses_back_to_the_same(
        name in prop_oneof!["[a-z]{1,8}", "\\PC{1,20}", Just("grises+blur".to_owned())],
        steps in prop::collection::vec(any_call(), 1..4),
    ) {
        prop_assume!(check_name(&name).is_ok());
        let variant = VariantSpec { name, steps };
        let shown = variant.to_string();
        prop_assert_eq!(VariantSpec::parse(&shown, CATALOGUE), Ok(variant), "{}", shown);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>()) {
        let _ = VariantSpec::parse(&text, CATALOGUE);
    }

    #[test]
    fn no_text_like_a_call_makes_the_parser_panic_or_name_an_unsafe_folder(
        text in "((a|web)=)?(blur|grises|watermark)([:,=+ '\"\\\\]|radio|text|[0-9.]|á){0,12}",
    ) {
        match VariantSpec::parse(&text, CATALOGUE) {
            Ok(variant) => prop_assert!(check_name(&variant.name).is_ok()),
            Err(error) => prop_assert!(!error.to_string().contains('\n')),
        }
    }
}
