/// The style sheet of `report.html`: system fonts, light and dark, narrow and printed.
enum ReportStyle {
  static var sheet: String {
    base + "@media (prefers-color-scheme:dark){\(dark)\(PlotPalette.darkRules(within: "figure "))}"
      + print
  }

  private static let base = """
    :root{color-scheme:light dark;--ink:#101828;--soft:#475467;--faint:#667085;--line:#e4e7ec;--page:#fff;\
    --card:#f8fafc;--accent:#1d4ed8;--good:#067647;--good-bg:#ecfdf3;--bad:#b42318;--bad-bg:#fef3f2;\
    --wait:#93580a;--wait-bg:#fffaeb}
    *{box-sizing:border-box}
    body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",\
    Roboto,"Noto Sans",sans-serif;-webkit-text-size-adjust:100%}
    main{max-width:1180px;margin:0 auto;padding:56px 32px 80px}
    a{color:var(--accent)}
    .kicker{margin:0;color:var(--faint);font-size:13px;font-weight:600;letter-spacing:.08em;text-transform:uppercase}
    h1{margin:6px 0 4px;font-size:34px;line-height:1.2;letter-spacing:-.02em;font-weight:680;overflow-wrap:anywhere}
    .lead{margin:0 0 32px;color:var(--soft)}
    h2{margin:72px 0 6px;font-size:22px;line-height:1.3;letter-spacing:-.01em;font-weight:650}
    h3{margin:0 0 2px;font-size:16px;font-weight:640}
    h2+p{margin:0 0 20px;color:var(--soft);max-width:72ch}
    .verdict{padding:22px 26px;border-radius:14px;border-left:6px solid}
    .verdict strong{display:block;font-size:22px;line-height:1.35;letter-spacing:-.01em;color:inherit;\
    overflow-wrap:anywhere}
    .verdict p{margin:6px 0 0;color:var(--ink)}
    .better{color:var(--good);background:var(--good-bg);border-color:var(--good)}
    .worse{color:var(--bad);background:var(--bad-bg);border-color:var(--bad)}
    .inconclusive,.undefined{color:var(--wait);background:var(--wait-bg);border-color:var(--wait)}
    .figures{display:grid;grid-template-columns:repeat(5,1fr);gap:14px;margin:22px 0 0;padding:0;list-style:none}
    .figures li{padding:18px 18px 16px;border:1px solid var(--line);border-radius:14px;background:var(--card)}
    .figures .name{margin:0;font-size:14px;font-weight:600;color:var(--soft)}
    .figures .big{margin:4px 0 0;font-size:32px;line-height:1.2;font-weight:680;letter-spacing:-.02em;\
    font-variant-numeric:tabular-nums;white-space:nowrap}
    .figures .range{margin:0;font-size:13px;color:var(--soft);font-variant-numeric:tabular-nums}
    .figures .delta{margin:0;font-size:13px;color:var(--soft);font-variant-numeric:tabular-nums}
    .figures .what{margin:10px 0 0;font-size:13px;line-height:1.4;color:var(--faint)}
    .scroll{overflow-x:auto;margin:0 -4px;padding:0 4px}
    table{width:100%;border-collapse:collapse;font-size:15px;font-variant-numeric:tabular-nums}
    caption{padding:0 0 10px;text-align:left;color:var(--soft);font-size:14px}
    th,td{padding:11px 0 11px 18px;border-bottom:1px solid var(--line);text-align:right;vertical-align:top}
    th:first-child,td:first-child{padding-left:0;text-align:left}
    thead th{color:var(--soft);font-size:13px;font-weight:600;vertical-align:bottom}
    tbody th{font-weight:560;max-width:24em;overflow-wrap:break-word}
    td small,th small{display:block;color:var(--faint);font-size:12.5px;font-weight:400;white-space:nowrap}
    tr.primary th,tr.primary td{font-weight:680}
    tr.primary small{font-weight:400}
    nav{display:flex;flex-wrap:wrap;gap:6px 18px;margin:30px 0 0;font-size:14px}
    nav a{text-decoration:none}nav a:hover{text-decoration:underline}
    h3{margin:22px 0 2px}p.card{margin:0;max-width:76ch;color:var(--soft)}.scroll+.scroll{margin-top:26px}
    a:focus-visible{outline:2px solid var(--accent);outline-offset:3px;border-radius:4px}
    time{white-space:nowrap}.muted{color:var(--faint)}
    .plots{display:grid;grid-template-columns:1fr 1fr;gap:28px 32px}
    figure{margin:0;min-width:0}
    figcaption{margin:0 0 8px;color:var(--soft);font-size:14px}
    figcaption b{display:block;color:var(--ink);font-size:16px;font-weight:640}
    figure svg{display:block;width:100%;height:auto;font-family:inherit}
    dl{display:grid;grid-template-columns:max-content 1fr;gap:9px 28px;margin:0;font-size:15px}
    dt{color:var(--soft)}
    dd{margin:0;overflow-wrap:anywhere}
    code,pre{font:13.5px/1.6 ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace}
    pre{margin:0;padding:16px 18px;border:1px solid var(--line);border-radius:12px;background:var(--card);overflow-x:auto}
    details{margin:22px 0 0}
    summary{cursor:pointer;color:var(--accent);font-weight:560}
    summary:focus-visible,.scroll:focus-visible,pre:focus-visible{outline:2px solid var(--accent);outline-offset:3px;border-radius:4px}
    details>*:not(summary){margin-top:14px}
    ul.notes{margin:0;padding-left:20px;max-width:76ch}
    ul.notes li{margin:0 0 8px}
    footer{margin-top:72px;padding-top:18px;border-top:1px solid var(--line);color:var(--faint);font-size:13px}
    @media (max-width:960px){.figures{grid-template-columns:repeat(3,1fr)}}
    @media (max-width:720px){main{padding:32px 18px 56px}h1{font-size:27px}h2{margin-top:56px}\
    .figures{grid-template-columns:1fr 1fr}.figures .big{font-size:27px}.plots{grid-template-columns:minmax(0,1fr)}\
    dl{grid-template-columns:minmax(0,1fr);gap:0}dd{margin-bottom:10px}}

    """

  private static let dark = """
    :root{--ink:#eaeef5;--soft:#aeb9ca;--faint:#8c98ab;--line:#263143;--page:#0d131d;--card:#131b28;--accent:#8ab4ff;\
    --good:#75e0a7;--good-bg:#0c2a1e;--bad:#fda29b;--bad-bg:#341614;--wait:#fec84b;--wait-bg:#2d210b}
    """

  private static let print = """
    @media print{:root{color-scheme:light}@page{margin:16mm}body{font-size:11pt}main{max-width:none;padding:0}\
    nav{display:none}details::details-content{content-visibility:visible}h2{margin-top:28pt}\
    h2,h2+p,h3,summary,caption{break-after:avoid;break-inside:avoid}p{orphans:3;widows:3}\
    figure,tr,.verdict,.figures li{break-inside:avoid}thead{display:table-header-group}\
    .figures .big{font-size:19pt}.figures li{padding:10pt}.verdict,.figures li,pre{background:none}\
    .figures{grid-template-columns:repeat(5,1fr);gap:6pt}.figures .what{font-size:8pt}.scroll{overflow:visible}\
    table{font-size:9.5pt}th,td{padding:4.5pt 0 4.5pt 14pt}details th,details td{padding-top:2.5pt;padding-bottom:2.5pt}\
    pre{white-space:pre-wrap}}
    """
}
