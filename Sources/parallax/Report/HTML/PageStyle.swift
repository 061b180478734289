/// The page's style sheet: light and dark as the reader has it, and for paper.
enum PageStyle {
    static let css: StaticString = """
        :root { color-scheme: light dark; --page: #fbfbfa; --card: #ffffff; --text: #1d2328; --muted: #5c6670;
          --line: #dfe3e6; --grid: #e8ebed; --compared: #9fb0bd; --diverged: #c2571a; --unexplained: #b3123f;
          --incomparable: #6f5aa8; --control: #4a7a94; --candidate: #c2571a; --go: #1c6e3d; --wait: #8a5a00;
          --stop: #a8132f; --mark: #fff4e0; }
        @media (prefers-color-scheme: dark) { :root { --page: #14181b; --card: #1b2024; --text: #e4e8eb;
          --muted: #9aa5ae; --line: #313940; --grid: #283036; --compared: #5d7180; --diverged: #e98b4e;
          --unexplained: #f2668b; --incomparable: #a795dd; --control: #7fb2cd; --candidate: #e98b4e; --go: #5cc488;
          --wait: #e0ab48; --stop: #f27d8f; --mark: #33291a; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--text);
          font: 15px/1.5 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
        main, header, footer { max-width: 1080px; margin: 0 auto; padding: 0 24px; }
        header { padding-top: 32px; }
        h1 { font-size: 24px; margin: 0 0 4px; }
        h2 { font-size: 19px; margin: 40px 0 12px; padding-top: 12px; border-top: 1px solid var(--line); }
        h3 { font-size: 15px; margin: 24px 0 6px; }
        p { margin: 6px 0; max-width: 76ch; }
        .muted, caption, footer { color: var(--muted); }
        nav { margin: 12px 0 0; } nav a { margin-right: 16px; color: inherit; }
        .verdict { border: 1px solid var(--line); border-left: 8px solid var(--muted); background: var(--card);
          border-radius: 6px; padding: 14px 20px; margin: 20px 0; }
        .verdict strong { font-size: 26px; letter-spacing: .02em; }
        .verdict ul { margin: 8px 0 0; padding-left: 20px; }
        .go { border-left-color: var(--go); } .go strong, .pass td:nth-child(2) { color: var(--go); }
        .wait { border-left-color: var(--wait); } .wait strong { color: var(--wait); }
        .stop { border-left-color: var(--stop); } .stop strong { color: var(--stop); }
        .fail td:nth-child(2) { color: var(--stop); font-weight: 600; }
        .unknown td:nth-child(2) { color: var(--wait); font-weight: 600; }
        .figures { display: flex; flex-wrap: wrap; gap: 12px; margin: 16px 0; padding: 0; }
        .figures div { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 10px 16px;
          min-width: 150px; flex: 1; }
        .figures dt { color: var(--muted); font-size: 13px; } .figures dd { margin: 0; font-size: 21px; font-weight: 600;
          font-variant-numeric: tabular-nums; }
        .figures dd small { font-size: 13px; font-weight: 400; color: var(--muted); display: block; }
        .scroll { overflow-x: auto; margin: 10px 0 18px; }
        table { border-collapse: collapse; width: 100%; background: var(--card); font-size: 14px;
          font-variant-numeric: tabular-nums; }
        caption { text-align: left; padding: 4px 0; font-size: 13px; }
        th, td { text-align: left; padding: 5px 12px; border-bottom: 1px solid var(--line); vertical-align: top; }
        thead th { font-size: 13px; color: var(--muted); font-weight: 600; }
        tbody th { font-weight: 400; overflow-wrap: anywhere; min-width: 9em; }
        th.number, td.number { text-align: right; white-space: nowrap; }
        td.number + td, th.number + th { padding-left: 24px; }
        tr.unexplained { background: var(--mark); } tr.kind th, tr.kind td { font-weight: 600; }
        tr.inner th { padding-left: 32px; }
        details { background: var(--card); border: 1px solid var(--line); border-radius: 6px; margin: 8px 0;
          padding: 0 14px; }
        details details { background: var(--page); }
        summary { cursor: pointer; padding: 9px 0; overflow-wrap: anywhere; } summary span { color: var(--muted); }
        details[open] > summary { border-bottom: 1px solid var(--line); margin-bottom: 8px; }
        svg { display: block; width: 100%; height: auto; margin: 8px 0 4px; }
        svg text { fill: var(--muted); font-size: 13px; } svg text.strong { fill: var(--text); font-weight: 600; }
        .grid { stroke: var(--grid); } .axis { stroke: var(--line); } .whisker { stroke: var(--text); stroke-width: 1.2; }
        .bar-compared { fill: var(--compared); } .bar-diverged { fill: var(--diverged); }
        .bar-unexplained { fill: var(--unexplained); } .bar-incomparable { fill: var(--incomparable); }
        .bar-control { fill: var(--control); } .bar-candidate { fill: var(--candidate); }
        .key { font-size: 13px; color: var(--muted); } .key svg { display: inline-block; width: 12px; height: 12px;
          margin: 0 6px -1px 14px; } .key svg:first-child { margin-left: 0; }
        footer { margin: 48px auto 32px; font-size: 13px; border-top: 1px solid var(--line); padding-top: 12px; }
        @media (max-width: 700px) { main, header, footer { padding: 0 12px; } th, td { padding: 5px 8px; } }
        @media print { :root { color-scheme: light; } body { font-size: 11px; } nav { display: none; }
          details::details-content { content-visibility: visible; height: auto; }
          details, tr, svg { break-inside: avoid; } h2, h3 { break-after: avoid; } .scroll { overflow: visible; } }
        """
}
