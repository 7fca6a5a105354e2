//! What the routes are, for programs: `GET /api`, a document of `OpenAPI`.

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::App;

const DESCRIPTION: &str = include_str!("openapi.json");

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api", get(describe))
}

async fn describe() -> Response {
    let kind = HeaderValue::from_static("application/json");
    ([(CONTENT_TYPE, kind)], DESCRIPTION).into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::Value;

    use super::*;

    /// What a route takes.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Body {
        None,
        Json,
        Bytes,
    }

    type Routes = BTreeMap<(String, &'static str), Body>;

    /// The routes in a source, as they are given to the router: all but the page's own files.
    fn routes_in(source: &str) -> Routes {
        let mut routes = Routes::new();
        for rest in source.split(".route(\"/").skip(1) {
            let (address, rest) = rest.split_once('"').unwrap();
            let given = rest.split(['\n', ';']).next().unwrap();
            let given = given.split(".route(").next().unwrap();
            let is_of_programs = ["api", "healthz", "metrics", "ws"]
                .iter()
                .any(|first| address.split('/').next() == Some(first));
            if !is_of_programs {
                continue;
            }
            let address = format!("/{address}");
            if given.contains("get(") {
                routes.insert((address.clone(), "get"), Body::None);
            }
            if let Some((_, handler)) = given.split_once("post(") {
                let handler = handler.split(')').next().unwrap();
                let (_, taken) = source.split_once(&format!("async fn {handler}(")).unwrap();
                let taken = taken.split("->").next().unwrap();
                let body = if taken.contains("Command") { Body::Json } else { Body::Bytes };
                routes.insert((address, "post"), body);
            }
        }
        routes
    }

    fn routes_in_sources() -> Routes {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/web");
        let files =
            walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.unwrap().into_path());
        files
            .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
            .filter(|path| !path.ends_with("description.rs"))
            .flat_map(|path| routes_in(&std::fs::read_to_string(path).unwrap()))
            .chain([(("/api".to_owned(), "get"), Body::None)])
            .collect()
    }

    fn document() -> Value {
        serde_json::from_str(DESCRIPTION).unwrap()
    }

    /// The operations that are described, by address and method.
    fn operations(document: &Value) -> BTreeMap<(String, &str), &Value> {
        let paths = document["paths"].as_object().unwrap().iter();
        let operations = paths.flat_map(|(path, item)| {
            let item = item.as_object().unwrap().iter();
            item.map(|(method, operation)| ((path.clone(), method.as_str()), operation))
        });
        operations.collect()
    }

    #[test]
    fn the_description_has_every_route_with_its_body_and_no_other() {
        let document = document();
        assert_eq!(document["openapi"], "3.1.0");
        let described = operations(&document).into_iter().map(|((path, method), operation)| {
            let content = &operation["requestBody"]["content"];
            let body = match content.as_object().map(|kinds| kinds.keys().collect::<Vec<_>>()) {
                None => Body::None,
                Some(kinds) if kinds == ["application/json"] => Body::Json,
                Some(_) => Body::Bytes,
            };
            (format!("{method} {path}"), body)
        });
        let described: BTreeMap<_, _> = described.collect();
        let routes = routes_in_sources().into_iter();
        let routes: BTreeMap<_, _> =
            routes.map(|((path, method), body)| (format!("{method} {path}"), body)).collect();
        assert!(routes.len() > 45);
        assert_eq!(described, routes);
    }

    #[test]
    fn each_route_tells_what_it_takes_and_what_it_answers() {
        for ((path, method), operation) in operations(&document()) {
            assert!(operation["summary"].is_string(), "{method} {path}");
            let said = &operation["responses"]["200"]["content"];
            for content in [said, &operation["requestBody"]["content"]] {
                for (kind, media) in content.as_object().into_iter().flatten() {
                    assert!(media["schema"].is_object(), "{method} {path} {kind}");
                }
            }
            assert!(said.is_object() || path == "/ws", "{method} {path}");
            let is_taken = operation["requestBody"]["required"] == true;
            assert_eq!(is_taken, method == "post", "{method} {path}");
            let named: BTreeSet<_> =
                path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
            let declared: BTreeSet<_> = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|one| one["in"] == "path")
                .map(|one| one["name"].as_str().unwrap())
                .collect();
            assert_eq!(named, declared, "{method} {path}");
        }
    }

    #[test]
    fn whatever_the_description_refers_to_is_there() {
        let document = document();
        let mut used = BTreeSet::new();
        for rest in DESCRIPTION.split("\"$ref\": \"#").skip(1) {
            let pointer = rest.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
            used.insert(pointer);
        }
        for name in document["components"]["schemas"].as_object().unwrap().keys() {
            assert!(used.contains(&*format!("/components/schemas/{name}")), "{name}");
        }
    }
}
