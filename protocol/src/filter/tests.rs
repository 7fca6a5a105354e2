use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::encoding::{Colours, Encoding, Subsampling};
use crate::format::FormatId;

const fn text(es: &'static str, en: &'static str) -> Bilingual {
    Bilingual { es, en }
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
static FILTERS: &[&FilterSpec] = &[&GRAY, &BLUR, &POSTERIZE, &WATERMARK];

const fn format(
    id: &str,
    endings: &'static [&'static str],
    options: &'static [EncodingOption],
) -> FormatSpec {
    let Some(id) = FormatId::new(id) else { panic!("no id") };
    FormatSpec { id, endings, is_written: true, options }
}

static CATALOGUE: &Catalogue<'_> = &Catalogue {
    filters: FILTERS,
    formats: &[
        format("jpeg", &["jpg", "jpeg"], &EncodingOption::ALL),
        format(
            "webp",
            &["webp"],
            &[EncodingOption::Quality, EncodingOption::Lossless, EncodingOption::NearLossless],
        ),
        FormatSpec { is_written: false, ..format("heic", &["heic", "heif"], &[]) },
    ],
};

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
        assert!(!line.contains('\n') && !hint.to_string().contains('\n'), "{line}");
        assert!(!line.chars().any(char::is_control), "{line}");
        writeln!(report, "{texts:?}\n  error: {line}\n  hint: {hint}").unwrap();
    }
    insta::assert_snapshot!(report);
}

fn any_call() -> impl Strategy<Value = FilterCall> {
    let spec = prop::sample::select(FILTERS.to_vec());
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

fn any_file() -> impl Strategy<Value = Encoding> {
    let how = [None, Some(Subsampling::Auto), Some(Subsampling::Input), Some(Subsampling::S422)];
    let colours = [None, Some(Colours::Auto), Some(Colours::AtMost(17))];
    let options = (
        prop::option::of(1..=100_u8),
        prop::option::of(any::<bool>()),
        prop::sample::select(how.to_vec()),
        prop::sample::select(colours.to_vec()),
        prop::option::of(1..u64::from(u32::MAX)),
        prop::option::of(1.0..100.0),
    );
    options.prop_map(|(quality, progressive, subsampling, colours, max_size_bytes, min_score)| {
        Encoding {
            format: FormatId::new("jpeg"),
            quality,
            progressive,
            subsampling,
            colours,
            max_size_bytes,
            min_score,
            ..Encoding::default()
        }
    })
}

fn files(text: &str) -> Vec<String> {
    let variant = one(text);
    let shown = variant.files.iter().map(|file| {
        VariantSpec {
            name: String::new(),
            steps: Vec::new(),
            files: vec![file.clone()],
            pattern: None,
        }
        .to_string()
    });
    shown.map(|shown| shown.trim_start_matches("\"\"=").to_owned()).collect()
}

fn refusal(text: &str) -> String {
    let error = VariantSpec::parse_all(&[text], CATALOGUE).unwrap_err();
    format!("{error}; {}", error.hint())
}

#[test]
fn a_picture_is_written_as_what_follows_its_filters() {
    assert_eq!(
        files("web=blur:radio=2+grises@webp:calidad=80@jpg:quality=82,progressive=yes"),
        ["@webp:calidad=80", "@jpeg:calidad=82,progresivo=si"]
    );
    assert_eq!(
        files("grises @ webp : lossless , quality = 5 "),
        ["@webp:calidad=5,sin_perdida=si"]
    );
    assert_eq!(files("@webp:near_lossless=60"), ["@webp:casi_sin_perdida=60"]);
    assert_eq!(one("web=@webp:calidad=80").steps, []);
    assert_eq!(one("web = @webp").name, "web");
    assert_eq!(files("@jpeg:tamano_max=200kB"), ["@jpeg:tamano_max=200000"]);
    assert_eq!(
        files("@jpeg:max_size=1.5MB,min_score=82.5,submuestreo=4:4:4,colores=auto"),
        ["@jpeg:submuestreo=444,colores=auto,tamano_max=1500000,puntuacion_min=82.5"]
    );
}

#[test]
fn a_variant_without_filters_is_called_like_its_formats() {
    assert_eq!(names(&["@webp"]), ["webp"]);
    assert_eq!(names(&["grises@webp"]), ["grises"]);
    assert_eq!(names(&["grises@webp", "grises@jpeg"]), ["grises-webp", "grises-jpeg"]);
    assert_eq!(names(&["@webp:calidad=50", "@webp:calidad=80"]), ["webp-50", "webp-80"]);
}

#[test]
fn an_at_sign_in_a_text_is_one() {
    let text = |call: &str| match value(call, "texto") {
        Value::Text(text) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(text("marca_agua:texto=foto@lote.es"), "foto@lote.es");
    assert_eq!(text(r"marca_agua:texto=foto\@webp"), "foto@webp");
    assert_eq!(text("marca_agua:texto=\"foto@webp\""), "foto@webp");
    assert_eq!(text("marca_agua:texto=foto@webp,color=#fff"), "foto@webp");
    assert_eq!(text("marca_agua:texto=foto@webp"), "foto");
    assert_eq!(text("marca_agua:texto=\"foto\"@webp@jpeg"), "foto");
    assert_eq!(one("a@2x=blur").name, "a@2x");
}

#[test]
fn formats_and_options_that_there_are_not_are_refused_by_name() {
    insta::assert_snapshot!(
        [
            "@wepb",
            "grises@wepb",
            "@heic",
            "@webp:calidad=101",
            "@webp:calidat=80",
            "@webp:progresivo=si",
            "@webp:calidad",
            "@webp:calidad=1,quality=2",
            "@webp+grises",
            "grises@webp+grises",
            "@webp:calidad=80+grises",
            "@webp@jpeg@webp",
            "@",
        ]
        .map(refusal)
        .join("\n")
    );
}

proptest! {
    #[test]
    fn what_is_displayed_parses_back_to_the_same(
        name in prop_oneof!["[a-z]{1,8}", "\\PC{1,20}", Just("grises+blur".to_owned())],
        steps in prop::collection::vec(any_call(), 0..4),
        files in prop::collection::vec(any_file(), 0..3),
    ) {
        prop_assume!(!steps.is_empty() || !files.is_empty());
        prop_assume!(check_name(&name).is_ok());
        let variant = VariantSpec { name, steps, files, pattern: None };
        let shown = variant.to_string();
        prop_assert_eq!(VariantSpec::parse(&shown, CATALOGUE), Ok(variant), "{}", shown);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>()) {
        let _ = VariantSpec::parse(&text, CATALOGUE);
    }

    #[test]
    fn no_text_like_a_call_makes_the_parser_panic_or_name_an_unsafe_folder(
        text in "((a|web)=)?(blur|grises|watermark)([@:,=+ '\"\\\\]|radio|text|[0-9.]|á){0,12}",
    ) {
        match VariantSpec::parse(&text, CATALOGUE) {
            Ok(variant) => prop_assert!(check_name(&variant.name).is_ok()),
            Err(error) => prop_assert!(!error.to_string().contains('\n')),
        }
    }
}
