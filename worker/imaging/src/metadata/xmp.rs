//! XMP packets (ISO 16684-1): properties of RDF in XML, taken out or set one by one; all else stays
//! byte for byte. The only file that names `quick_xml`.

use std::borrow::Cow;
use std::fmt::Write as _;

use md5::{Digest, Md5};
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{NamespaceResolver, QName, ResolveResult};
use quick_xml::reader::NsReader;

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
/// Namespaces of properties that are known by name.
pub(crate) mod namespace {
    pub(crate) const DC: &str = "http://purl.org/dc/elements/1.1/";
    pub(crate) const XMP: &str = "http://ns.adobe.com/xap/1.0/";
    pub(crate) const RIGHTS: &str = "http://ns.adobe.com/xap/1.0/rights/";
    pub(crate) const NOTE: &str = "http://ns.adobe.com/xmp/note/";
    pub(crate) const TIFF: &str = "http://ns.adobe.com/tiff/1.0/";
    pub(crate) const EXIF: &str = "http://ns.adobe.com/exif/1.0/";
    pub(crate) const PHOTOSHOP: &str = "http://ns.adobe.com/photoshop/1.0/";
    pub(crate) const PLUS: &str = "http://ns.useplus.org/ldf/xmp/1.0/";
    pub(crate) const IPTC_CORE: &str = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/";
    pub(crate) const CREATIVE_COMMONS: &str = "http://creativecommons.org/ns#";
    /// Which mast of a telephone net was near.
    pub(crate) const CELL: &str = "http://developer.sonyericsson.com/cell/1.0/";
    pub(crate) const GAIN_MAP: &str = "http://ns.adobe.com/hdr-gain-map/1.0/";
    pub(crate) const CONTAINER: &str = "http://ns.google.com/photos/1.0/container/";
    pub(crate) const CAMERA: &str = "http://ns.google.com/photos/1.0/camera/";
}

/// A property, or a field of one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name<'a> {
    /// Its namespace.
    pub(crate) space: &'a str,
    /// Its name there.
    pub(crate) local: &'a str,
    /// Whether it is a property of the picture itself, not a field inside of one.
    pub(crate) is_property: bool,
}

/// What becomes of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    Keep,
    Drop,
    /// It gets this value, which needs no escapes.
    Value(String),
}

/// A value that is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting<'a> {
    /// Name of a property of Dublin Core.
    pub(crate) property: &'static str,
    /// How its values stand there: `Seq`, `Bag` or `Alt`.
    pub(crate) list: &'static str,
    /// The values.
    pub(crate) values: Vec<Cow<'a, str>>,
}

/// A packet of nothing.
pub(crate) fn empty() -> Vec<u8> {
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"{RDF}\"></rdf:RDF></x:xmpmeta>\
         <?xpacket end=\"w\"?>"
    )
    .into_bytes()
}

/// The packet with the fate of every property decided, and with settings in place of what had their
/// names. `None` if it is no XML, or not of UTF-8.
pub(crate) fn rewrite(
    packet: &[u8],
    fate: &dyn Fn(Name<'_>) -> Fate,
    settings: &[Setting<'_>],
) -> Option<Vec<u8>> {
    let decide = |name: Name<'_>, _: usize| {
        let is_set = name.is_property
            && name.space == namespace::DC
            && settings.iter().any(|setting| setting.property == name.local);
        if is_set { Fate::Drop } else { fate(name) }
    };
    let has_values = settings.iter().any(|setting| !setting.values.is_empty());
    let addition = |about: &str| description(settings, about);
    decided(packet, &decide, has_values.then_some(&addition))
}

/// The packet with the fate of every property decided by its name and by where it begins, and with
/// one more description, which is told what the others are about.
fn decided(
    packet: &[u8],
    decide: &dyn Fn(Name<'_>, usize) -> Fate,
    mut addition: Option<&dyn Fn(&str) -> String>,
) -> Option<Vec<u8>> {
    let text = text(packet)?;
    let mut reader = NsReader::from_str(text);
    let mut out = String::with_capacity(text.len() + 256);
    // The elements that are open: what matters is which are `rdf:RDF` and `rdf:Description`.
    let mut open: Vec<Element> = Vec::new();
    let mut about = String::new();
    let mut at = 0;
    loop {
        let event = reader.read_event().ok()?;
        let (start, end) = (at, usize::try_from(reader.buffer_position()).ok()?);
        let raw = text.get(start..end)?;
        at = end;
        match event {
            Event::Start(ref tag) | Event::Empty(ref tag) => {
                let is_empty = matches!(event, Event::Empty(_));
                let kind = Element::of(reader.resolver(), tag.name(), &open);
                let name = name_of(reader.resolver(), tag.name(), kind == Element::Property, true)?;
                let fate = if kind.is_rdf() { Fate::Keep } else { decide(name, start) };
                if kind == Element::Description && about.is_empty() {
                    about = about_of(reader.resolver(), tag);
                }
                let changed =
                    attributes(reader.resolver(), tag, kind == Element::Description, &|n| {
                        decide(n, start)
                    })?;
                let opening = changed.as_deref().unwrap_or(tag_text(raw, is_empty));
                if fate != Fate::Keep && !is_empty {
                    reader.read_to_end(tag.name()).ok()?;
                    at = usize::try_from(reader.buffer_position()).ok()?;
                }
                let name = tag.name().0;
                match fate {
                    Fate::Drop => {}
                    Fate::Value(value) => {
                        let _ = write!(out, "{opening}>{value}</{name}>");
                    }
                    Fate::Keep if is_empty => match addition.take_if(|_| kind == Element::Rdf) {
                        Some(addition) => {
                            let _ = write!(out, "{opening}>{}</{name}>", addition(&about));
                        }
                        None => {
                            let _ = write!(out, "{opening}/>");
                        }
                    },
                    Fate::Keep => {
                        let _ = write!(out, "{opening}>");
                        open.push(kind);
                    }
                }
            }
            Event::End(_) => {
                let closes_rdf = open.pop()? == Element::Rdf;
                if let Some(addition) = addition.take_if(|_| closes_rdf) {
                    out.push_str(&addition(&about));
                }
                out.push_str(raw);
            }
            Event::Eof => break,
            _ => out.push_str(raw),
        }
    }
    (open.is_empty() && addition.is_none()).then_some(out.into_bytes())
}

/// A packet as text. What stands in front of and behind it is of no use.
fn text(packet: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(packet).ok()?.trim_end_matches('\0');
    Some(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// A packet without the room that is left in it for later changes.
pub(crate) fn trimmed(packet: &[u8]) -> &[u8] {
    let Some(text) = text(packet) else { return packet };
    let end = text.rfind("<?xpacket end").unwrap_or(text.len());
    text[..end].trim_end().as_bytes()
}

/// Takes the longest properties out of a packet until it has no more than `max_bytes`; returns it,
/// with a link to the rest by its digest, and the rest.
pub(crate) fn split(packet: &[u8], max_bytes: usize) -> Option<(Vec<u8>, Vec<u8>, String)> {
    let sizes = std::cell::RefCell::new(Vec::new());
    let note = |name: Name<'_>, start: usize| {
        if name.is_property {
            sizes.borrow_mut().push(start);
        }
        Fate::Keep
    };
    decided(packet, &note, None)?;
    let text = text(trimmed(packet))?;
    // By where they begin: a property ends before the next one does.
    let starts = sizes.into_inner();
    let mut sizes: Vec<(usize, usize)> = starts
        .iter()
        .enumerate()
        .map(|(i, &start)| (starts.get(i + 1).unwrap_or(&text.len()).saturating_sub(start), start))
        .collect();
    sizes.sort_unstable();
    let mut moved = Vec::new();
    let mut len = text.len() + 512;
    while len > max_bytes {
        let (size, start) = sizes.pop()?;
        moved.push(start);
        len = len.saturating_sub(size);
    }
    let is_moved = |start: usize| moved.contains(&start);
    let rest = decided(
        text.as_bytes(),
        &|name, start| if name.is_property && !is_moved(start) { Fate::Drop } else { Fate::Keep },
        None,
    )?;
    let mut digest = String::new();
    for byte in Md5::digest(&rest) {
        let _ = write!(digest, "{byte:02X}");
    }
    let link = |about: &str| {
        let quote = quote(about);
        format!(
            "<rdf:Description xmlns:rdf=\"{RDF}\" xmlns:xmpNote=\"{}\" \
             rdf:about={quote}{about}{quote} xmpNote:HasExtendedXMP=\"{digest}\"/>",
            namespace::NOTE
        )
    };
    let main = decided(
        text.as_bytes(),
        &|name, start| if name.is_property && is_moved(start) { Fate::Drop } else { Fate::Keep },
        Some(&link),
    )?;
    (main.len() <= max_bytes).then_some((main, rest, digest))
}

/// The text of a tag without what closes it.
fn tag_text(raw: &str, is_empty: bool) -> &str {
    let raw = raw.strip_suffix('>').unwrap_or(raw);
    if is_empty { raw.strip_suffix('/').unwrap_or(raw) } else { raw }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    Rdf,
    /// What is said of the picture.
    Description,
    Property,
    Other,
}

impl Element {
    fn of(resolver: &NamespaceResolver, name: QName<'_>, open: &[Self]) -> Self {
        let (space, local) = resolver.resolve_element(name);
        let is_rdf = matches!(space, ResolveResult::Bound(space) if space.0 == RDF);
        match (open.last(), local.into_inner()) {
            (Some(Self::Rdf), "Description") if is_rdf => Self::Description,
            (Some(Self::Description), _) => Self::Property,
            (Some(Self::Property | Self::Rdf), _) => Self::Other,
            (_, "RDF") if is_rdf && !open.contains(&Self::Rdf) => Self::Rdf,
            _ => Self::Other,
        }
    }

    /// Whether it is of the frame that properties stand in.
    fn is_rdf(self) -> bool {
        matches!(self, Self::Rdf | Self::Description)
    }
}

fn name_of<'a>(
    resolver: &'a NamespaceResolver,
    name: QName<'a>,
    is_property: bool,
    is_element: bool,
) -> Option<Name<'a>> {
    let (space, local) =
        if is_element { resolver.resolve_element(name) } else { resolver.resolve_attribute(name) };
    let space = match space {
        ResolveResult::Bound(space) => space.0,
        ResolveResult::Unbound => "",
        ResolveResult::Unknown(_) => return None,
    };
    Some(Name { space, local: local.into_inner(), is_property })
}

/// The opening tag without what closes it, if any of its attributes has another fate than to be kept.
#[expect(clippy::option_option, reason = "nothing to change is no failure")]
fn attributes(
    resolver: &NamespaceResolver,
    tag: &BytesStart<'_>,
    are_properties: bool,
    decide: &dyn Fn(Name<'_>) -> Fate,
) -> Option<Option<String>> {
    let mut changed = false;
    let mut text = format!("<{}", tag.name().0);
    for attribute in tag.attributes() {
        let attribute = attribute.ok()?;
        let key = attribute.key;
        let mut value: Cow<'_, str> = attribute.value;
        if key.as_namespace_binding().is_none() {
            let name = name_of(resolver, key, are_properties, false)?;
            let known = name.space == RDF || name.space.is_empty();
            match if known { Fate::Keep } else { decide(name) } {
                Fate::Keep => {}
                Fate::Drop => {
                    changed = true;
                    continue;
                }
                Fate::Value(new) => {
                    changed |= new != value;
                    value = new.into();
                }
            }
        }
        let quote = quote(&value);
        let _ = write!(text, " {}={quote}{value}{quote}", key.0);
    }
    Some(changed.then_some(text))
}

/// What the descriptions of a packet are about, as it is written there.
fn about_of(resolver: &NamespaceResolver, tag: &BytesStart<'_>) -> String {
    let about = tag.attributes().flatten().find(|attribute| {
        let (space, local) = resolver.resolve_attribute(attribute.key);
        local.into_inner() == "about" && matches!(space, ResolveResult::Bound(s) if s.0 == RDF)
    });
    about.map(|attribute| attribute.value.into_owned()).unwrap_or_default()
}

/// One more description, with the settings that have values.
fn description(settings: &[Setting<'_>], about: &str) -> String {
    let quote = quote(about);
    let mut text = format!(
        "<rdf:Description xmlns:rdf=\"{RDF}\" xmlns:dc=\"{}\" rdf:about={quote}{about}{quote}>",
        namespace::DC
    );
    for Setting { property, list, values } in settings.iter().filter(|s| !s.values.is_empty()) {
        let _ = write!(text, "<dc:{property}><rdf:{list}>");
        let language = if *list == "Alt" { " xml:lang=\"x-default\"" } else { "" };
        for value in values {
            let _ = write!(text, "<rdf:li{language}>{}</rdf:li>", escaped(value));
        }
        let _ = write!(text, "</rdf:{list}></dc:{property}>");
    }
    text.push_str("</rdf:Description>");
    text
}

/// What a value of an attribute can stand between.
fn quote(value: &str) -> char {
    if value.contains('"') { '\'' } else { '"' }
}

fn escaped(value: &str) -> String {
    let allowed: String =
        value.chars().filter(|c| !c.is_control() || "\t\n\r".contains(*c)).collect();
    quick_xml::escape::escape(allowed.as_str()).into_owned()
}

/// Puts the properties of an extended packet (JPEG has room for 64 KiB only) to the others.
pub(crate) fn merged(packet: &[u8], extension: &[u8]) -> Option<Vec<u8>> {
    let without_link = |name: Name<'_>| {
        if name.space == namespace::NOTE && name.local == "HasExtendedXMP" {
            Fate::Drop
        } else {
            Fate::Keep
        }
    };
    let packet = String::from_utf8(rewrite(packet, &without_link, &[])?).ok()?;
    let extension = std::str::from_utf8(extension).ok()?;
    let (spaces, inner) = rdf(extension)?;
    let end = packet.rfind("RDF>").and_then(|at| packet[..at].rfind("</"))?;
    // Prefixes that the extension binds on its outer elements have to be bound where it stands now.
    let inner = bind(inner, &spaces);
    Some([&packet[..end], &inner, &packet[end..]].concat().into_bytes())
}

/// What stands in the `rdf:RDF` of a packet, and the prefixes that are bound outside of it.
fn rdf(text: &str) -> Option<(Vec<(String, String)>, &str)> {
    let mut reader = NsReader::from_str(text);
    let mut spaces = Vec::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => {
                for attribute in tag.attributes().flatten() {
                    if attribute.key.as_namespace_binding().is_some() {
                        spaces.push((attribute.key.0.to_owned(), attribute.value.into_owned()));
                    }
                }
                let (space, local) = reader.resolver().resolve_element(tag.name());
                let is_rdf = matches!(space, ResolveResult::Bound(space) if space.0 == RDF);
                if is_rdf && local.into_inner() == "RDF" {
                    let span = reader.read_to_end(tag.name()).ok()?;
                    let inner = text.get(span.start as usize..span.end as usize)?;
                    return Some((spaces, inner));
                }
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// Writes bindings of prefixes into the outermost elements of a text.
fn bind(inner: &str, spaces: &[(String, String)]) -> String {
    let mut reader = NsReader::from_str(inner);
    let (mut out, mut at, mut depth) = (String::with_capacity(inner.len()), 0, 0usize);
    while let Ok(event) = reader.read_event() {
        let end = reader.buffer_position() as usize;
        let raw = &inner[at..end];
        at = end;
        match &event {
            Event::Eof => break,
            Event::Start(tag) | Event::Empty(tag) if depth == 0 => {
                let bound: Vec<&str> = tag.attributes().flatten().map(|a| a.key.0).collect();
                let name = 1 + tag.name().0.len();
                out.push_str(&raw[..name]);
                for (key, value) in spaces.iter().filter(|(key, _)| !bound.contains(&key.as_str()))
                {
                    let _ = write!(out, " {key}=\"{value}\"");
                }
                out.push_str(&raw[name..]);
            }
            _ => out.push_str(raw),
        }
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKET: &str = r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/">
  <r:Description r:about="uuid:1" xmlns:tiff='http://ns.adobe.com/tiff/1.0/' xmlns:p="http://ns.adobe.com/photoshop/1.0/"
    tiff:Orientation='6' p:City="Köln" p:Credit='"Us" &amp; others'>
   <dc:subject><r:Bag><r:li>harbour</r:li></r:Bag></dc:subject>
   <p:State>NRW</p:State>
   <tiff:ImageWidth>4000</tiff:ImageWidth>
  </r:Description>
 </r:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"#;

    fn text(packet: Option<Vec<u8>>) -> String {
        String::from_utf8(packet.unwrap()).unwrap()
    }

    #[test]
    fn what_is_kept_stays_byte_for_byte() {
        assert_eq!(text(rewrite(PACKET.as_bytes(), &|_| Fate::Keep, &[])), PACKET);
    }

    #[test]
    fn properties_go_as_attributes_and_as_elements() {
        let fate = |name: Name<'_>| match name.local {
            "City" | "State" => Fate::Drop,
            "Orientation" => Fate::Value("1".into()),
            "ImageWidth" => Fate::Value("90".into()),
            _ => Fate::Keep,
        };
        let packet = text(rewrite(PACKET.as_bytes(), &fate, &[]));
        assert!(!packet.contains("Köln") && !packet.contains("NRW"));
        assert!(
            packet.contains("tiff:Orientation=\"1\"") && packet.contains(">90</tiff:ImageWidth>")
        );
        assert!(packet.contains(r#"p:Credit='"Us" &amp; others'"#) && packet.contains("harbour"));
    }

    #[test]
    fn a_setting_replaces_what_had_its_name() {
        let keywords =
            Setting { property: "subject", list: "Bag", values: vec!["a & b".into(), "ñ".into()] };
        for packet in [PACKET.as_bytes().to_vec(), empty()] {
            let packet = text(rewrite(&packet, &|_| Fate::Keep, std::slice::from_ref(&keywords)));
            assert!(!packet.contains("harbour"));
            assert!(packet.contains("<rdf:li>a &amp; b</rdf:li><rdf:li>ñ</rdf:li>"), "{packet}");
            assert!(rewrite(packet.as_bytes(), &|_| Fate::Keep, &[]).is_some());
        }
    }

    #[test]
    fn what_is_cut_off_is_refused_and_does_no_harm() {
        for len in 0..PACKET.len() {
            let Some(cut) = PACKET.get(..len) else { continue };
            let _ = rewrite(cut.as_bytes(), &|_| Fate::Keep, &[]);
        }
        assert_eq!(rewrite(&PACKET.as_bytes()[..300], &|_| Fate::Keep, &[]), None);
        assert_eq!(rewrite(b"\xff\xfe<\0", &|_| Fate::Keep, &[]), None);
    }

    #[test]
    fn a_packet_that_is_too_long_is_split_and_merged_again() {
        let long =
            Setting { property: "format", list: "Bag", values: vec!["x".repeat(90_000).into()] };
        let short = Setting { property: "rights", list: "Alt", values: vec!["me".into()] };
        let packet = rewrite(PACKET.as_bytes(), &|_| Fate::Keep, &[long, short]).unwrap();
        let (main, rest, digest) = split(&packet, 60_000).unwrap();
        assert!(main.len() < 5_000 && rest.len() > 90_000);
        let text = String::from_utf8(main.clone()).unwrap();
        assert!(text.contains(&digest) && text.contains("harbour") && text.contains(">me<"));
        let merged = String::from_utf8(merged(&main, &rest).unwrap()).unwrap();
        assert!(merged.contains(&"x".repeat(90_000)) && !merged.contains("HasExtendedXMP"));
        assert!(rewrite(merged.as_bytes(), &|_| Fate::Keep, &[]).is_some());
    }

    #[test]
    fn an_extension_is_merged() {
        let main = text(rewrite(&empty(), &|_| Fate::Keep, &[]));
        let extension = r#"<x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:q="urn:q"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""><q:long>1</q:long></rdf:Description></rdf:RDF></x:xmpmeta>"#;
        let whole = merged(main.as_bytes(), extension.as_bytes()).unwrap();
        let seen = std::cell::Cell::new(false);
        let fate = |name: Name<'_>| {
            seen.set(seen.get() || (name.space == "urn:q" && name.is_property));
            Fate::Keep
        };
        assert!(rewrite(&whole, &fate, &[]).is_some());
        assert!(seen.get());
    }
}
