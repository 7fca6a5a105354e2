use super::*;

fn parse(content: &str) -> Result<Svg, Text> {
    let head = "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'";
    Svg::parse(format!("{head} viewBox='0 0 40 20'>{content}</svg>").as_bytes())
}

fn draw(content: &str, width: u32, height: u32) -> Result<Vec<[u8; 4]>, Text> {
    let Samples::U8(samples) = parse(content)?.draw(width, height)?.samples else {
        panic!("8 bits")
    };
    Ok(samples.as_chunks::<4>().0.to_vec())
}

#[test]
fn colours_and_alpha_are_as_they_are_written() {
    let pixels = draw(
        "<rect width='10' height='20' fill='#fa0a14'/>\
         <rect x='10' width='10' height='20' fill='#fa0a14' fill-opacity='0.5'/>\
         <g opacity='0.2'><rect x='20' width='10' height='20' fill='#fff'/></g>",
        80,
        40,
    );
    let pixels = pixels.unwrap();
    assert_eq!(pixels[10], [0xfa, 0x0a, 0x14, 255]);
    // One level of colour may be lost where alpha is low; alpha is exact.
    let [red, green, blue, alpha] = pixels[30];
    assert_eq!(alpha, 128);
    assert!(red.abs_diff(0xfa) <= 1 && green.abs_diff(0x0a) <= 1 && blue.abs_diff(0x14) <= 1);
    assert_eq!(pixels[50], [255, 255, 255, 51]);
    assert_eq!(pixels[70], [0; 4]);
}

#[test]
fn what_would_not_be_drawn_or_comes_from_outside_is_refused_by_name() {
    let refused = [
        ("<text>a</text>", "text"),
        ("<g><text><tspan>a</tspan></text></g>", "<text>"),
        ("<image href='file:///etc/hostname'/>", "<image>"),
        ("<image xlink:href='https://example.org/a.png'/>", "<image>"),
        ("<image href='data:image/png;base64,AAAA'/>", "<image>"),
        ("<foreignObject/>", "<foreignObject>"),
        ("<filter id='f'><feImage href='#a'/></filter>", "<feImage>"),
        ("<filter id='f'><feTurbulence numOctaves='1e9'/></filter>", "<feTurbulence>"),
        ("<use href='other.svg#a'/>", "other.svg#a"),
        ("<use xlink:href='https://example.org/a.svg#b'/>", "https://example.org/a.svg#b"),
        ("<rect width='9' height='9' fill='url(https://example.org/a.svg#b)'/>", "example.org"),
        ("<rect width='9' height='9' style='fill:url(\"a.svg#b\")'/>", "a.svg#b"),
        ("<style>@import 'a.css';</style>", "@import"),
        ("<style>@font-face{src:url(https://example.org/a.woff)}</style>", "example.org"),
        ("<style>rect{fill:var(--a)}</style>", "var"),
        ("<path d='M0 0h9' vector-effect='non-scaling-stroke'/>", "vector-effect"),
        ("", "nothing is drawn"),
        ("<rect", "no SVG that can be read"),
    ];
    for (content, named) in refused {
        let error = parse(content).expect_err(content);
        assert!(error.to_string().contains(named), "{content}: {error}");
    }
    let sheet = "<?xml-stylesheet href='a.css'?><svg xmlns='http://www.w3.org/2000/svg'/>";
    assert!(Svg::parse(sheet.as_bytes()).unwrap_err().to_string().contains("style sheet"));
    let entity = "<!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/hostname'>]>\
                  <svg xmlns='http://www.w3.org/2000/svg'><desc>&a;</desc></svg>";
    assert!(Svg::parse(entity.as_bytes()).is_err());
}

#[test]
fn what_drawing_programs_write_beside_a_drawing_is_not_in_the_way() {
    let illustrator = "<?xml version='1.0' encoding='utf-8'?>\
        <!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd'\
         [<!ENTITY ns_svg 'http://www.w3.org/2000/svg'>]>\
        <svg xmlns='&ns_svg;' viewBox='0 0 4 4'><switch>\
        <foreignObject requiredExtensions='http://ns.adobe.com/AdobeIllustrator/10.0/'/>\
        <g><style>.a{fill:#00f}</style><rect class='a' width='4' height='4'/></g></switch></svg>";
    let picture = Svg::parse(illustrator.as_bytes()).unwrap().draw(2, 2).unwrap();
    assert_eq!(picture.samples, Samples::U8([0, 0, 255, 255].repeat(4)));
    let linked = "<a href='https://example.org'><rect width='40' height='20'/></a><title>a</title>";
    assert_eq!(draw(linked, 4, 2).unwrap(), [[0, 0, 0, 255]; 8]);
}

#[test]
fn what_would_take_too_long_or_too_much_memory_is_refused() {
    // Each of ten groups has ten times the one before.
    let many: Vec<String> = (1..10)
        .map(|n| {
            let ten = format!("<use href='#g{}'/>", n - 1).repeat(10);
            format!("<g id='g{n}'>{ten}</g>")
        })
        .collect();
    let many = many.concat();
    let uses = format!("<g id='g0'><rect width='1' height='1'/></g>{many}<use href='#g9'/>");
    assert!(parse(&uses).unwrap_err().to_string().contains("complex"));

    let rules = ".a{}".repeat(50_000);
    let styled = format!("<style>{rules}</style>{}", "<path/>".repeat(50_000));
    assert!(parse(&styled).unwrap_err().to_string().contains("complex"));

    let layers = "<g opacity='.5'>".repeat(500);
    let layers = format!("{layers}<rect width='40' height='20'/>{}", "</g>".repeat(500));
    assert!(draw(&layers, 4000, 2000).unwrap_err().to_string().contains("too"));

    let blurs = "<feGaussianBlur stdDeviation='9'/>".repeat(2000);
    let blurs =
        format!("<filter id='f'>{blurs}</filter><rect filter='url(#f)' width='40' height='20'/>");
    assert!(draw(&blurs, 4000, 2000).unwrap_err().to_string().contains("too"));

    let tile = "<pattern id='p' width='1' height='1' patternTransform='scale(100000)'>\
                <rect width='1' height='1'/></pattern><rect fill='url(#p)' width='40' height='20'/>";
    assert!(draw(tile, 400, 200).unwrap_err().to_string().contains("too"));

    let laughs: Vec<String> = (1..10)
        .map(|n| format!("<!ENTITY l{n} '{}'>", format!("&l{};", n - 1).repeat(10)))
        .collect();
    let laughs = laughs.concat();
    let laughs = format!(
        "<!DOCTYPE svg [<!ENTITY l0 '<g/>'>{laughs}]><svg xmlns='http://www.w3.org/2000/svg'>&l9;</svg>"
    );
    assert!(Svg::parse(laughs.as_bytes()).is_err());
}

#[test]
fn what_is_deep_or_goes_in_circles_ends() {
    for depth in [900, 5000] {
        let deep = format!(
            "{}<rect width='40' height='20'/>{}",
            "<g transform='scale(1)' clip-path='url(#c)'>".repeat(depth),
            "</g>".repeat(depth)
        );
        // Whether it is drawn or refused, it comes to an end.
        let _ = draw(&deep, 8, 4);
    }
    let chain: Vec<String> = (0..5000)
        .map(|n| {
            format!(
                "<clipPath id='c{n}' clip-path='url(#c{})'><path d='M0 0h9v9z'/></clipPath>",
                n + 1
            )
        })
        .collect();
    let chain = chain.concat();
    let _ = draw(&format!("{chain}<rect clip-path='url(#c0)' width='40' height='20'/>"), 8, 4);
    let circle =
        "<g id='a'><use href='#b'/></g><g id='b'><use href='#a'/><rect width='9' height='9'/></g>";
    let _ = draw(circle, 8, 4);
}
