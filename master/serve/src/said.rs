//! What pages are told in words: in every language, so that each page shows its own.

use lote_engine::lang::{Lang, Text};
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::redact;

/// A text as `message`, in English, and as `message_es` where Spanish says it otherwise. Fields of
/// this type are flattened into what they belong to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said(Text);

impl Said {
    /// A text without the folders of this machine.
    pub fn new(text: impl Into<Text>) -> Self {
        Self(text.into().map(redact::text))
    }

    /// The text in that language.
    pub fn say(&self, lang: Lang) -> String {
        self.0.say(lang)
    }

    /// The text in Spanish, if that is not what it is in English.
    pub fn spanish(&self) -> Option<String> {
        Some(self.say(Lang::Es)).filter(|es| *es != self.say(Lang::En))
    }
}

impl Serialize for Said {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Said", 2)?;
        fields.serialize_field("message", &self.say(Lang::En))?;
        match self.spanish() {
            Some(es) => fields.serialize_field("message_es", &es)?,
            None => fields.skip_field("message_es")?,
        }
        fields.end()
    }
}

/// Why something could not go on, if so: as `error`, in English, and as `error_es` where Spanish
/// says it otherwise. Flattened as [`Said`] is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trouble(pub Option<Said>);

impl<T: Into<Text>> From<T> for Trouble {
    fn from(text: T) -> Self {
        Self(Some(Said::new(text)))
    }
}

impl Serialize for Trouble {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Trouble", 2)?;
        fields.serialize_field("error", &self.0.as_ref().map(|said| said.say(Lang::En)))?;
        match self.0.as_ref().and_then(Said::spanish) {
            Some(es) => fields.serialize_field("error_es", &es)?,
            None => fields.skip_field("error_es")?,
        }
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use lote_protocol::text;
    use serde_json::{json, to_value};

    use super::*;

    #[test]
    fn a_page_gets_both_languages_and_no_folder() {
        let said =
            Said::new(text!("cannot read {}: {}", "/home/ana/a.jpg", text!("permission denied")));
        let wanted = json!({
            "message": "cannot read a.jpg: permission denied",
            "message_es": "no se puede leer a.jpg: permiso denegado",
        });
        assert_eq!(to_value(said).unwrap(), wanted);
        let trouble = Trouble::from(text!("no worker is left: {}", text!("timeout")));
        let wanted = json!({
            "error": "no worker is left: timeout",
            "error_es": "no queda ningún proceso: tiempo agotado",
        });
        assert_eq!(to_value(trouble).unwrap(), wanted);
        assert_eq!(to_value(Trouble::default()).unwrap(), json!({"error": null}));
        assert_eq!(to_value(Said::new("broken pipe")).unwrap(), json!({"message": "broken pipe"}));
    }
}
