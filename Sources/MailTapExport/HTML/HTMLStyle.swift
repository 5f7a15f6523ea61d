/// The style sheet of the page: light and dark by the reader's preference, one column on narrow screens.
enum HTMLStyle {
    static let sheet: StaticString = """
        :root{color-scheme:light dark;--bg:#fbfbfa;--card:#fff;--ink:#1d2126;--dim:#667078;--line:#e2e5e8;--client:#0b5cad;--client-bg:#eef5fc;\
        --server:#1d2126;--bad:#b3261e;--warn:#8a5a00;--note:#54606a;--bar:#7fb2e5;--accent:#0b5cad}
        @media (prefers-color-scheme:dark){:root{--bg:#15181c;--card:#1c2026;--ink:#e4e7ea;--dim:#98a2ab;--line:#30363d;--client:#84bdf5;\
        --client-bg:#1b2836;--server:#e4e7ea;--bad:#ff8a80;--warn:#f0c060;--note:#a9b4bd;--bar:#3f76ad;--accent:#84bdf5}}
        *{box-sizing:border-box}
        body{margin:0 auto;max-width:84rem;padding:1.5rem;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
        h1{font-size:1.4rem;margin:0 0 .2rem}h2{font-size:1.1rem;margin:0}h3{font-size:.95rem;margin:1.1rem 0 .4rem}
        a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
        .dim{color:var(--dim)}.bad,.error{color:var(--bad)}.warning{color:var(--warn)}.note{color:var(--note)}
        code,pre,.mono{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
        .scroll{overflow-x:auto}
        table{border-collapse:collapse;width:100%;font-size:.9rem}
        th,td{text-align:left;padding:.3rem .7rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top;white-space:nowrap}
        th{font-weight:600;color:var(--dim);font-size:.85rem}td.wide{white-space:normal;overflow-wrap:anywhere;min-width:9rem}
        .r{text-align:right}
        section{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:1rem 1.2rem;margin:1.2rem 0}
        section{content-visibility:auto;contain-intrinsic-size:auto 40rem}
        section>header{display:flex;flex-wrap:wrap;gap:.2rem .9rem;align-items:baseline}
        ul.findings{list-style:none;margin:.7rem 0 0;padding:0}ul.findings li{padding:.15rem 0}
        details{margin-top:.6rem}summary{cursor:pointer}
        details>summary.head{font-weight:600;font-size:.95rem}
        .x{display:grid;grid-template-columns:4.6rem minmax(0,1fr) minmax(0,20rem) 5rem;gap:0 .9rem;padding:.3rem 0;border-top:1px solid var(--line)}
        .x:target{outline:2px solid var(--accent);outline-offset:2px}
        .x .t{color:var(--dim);text-align:right}
        .c,.s{overflow-wrap:anywhere;white-space:pre-wrap;padding:0 .4rem 0 1.9rem;text-indent:-1.5rem;border-radius:4px}
        .c{color:var(--client);background:var(--client-bg)}.s{color:var(--server)}.s.no{color:var(--bad)}
        .c::before{content:"\\2192\\00a0\\00a0"}.s::before{content:"\\2190\\00a0\\00a0"}
        .tls .c::before{content:"\\21dd\\00a0\\00a0"}.tls .s::before{content:"\\21dc\\00a0\\00a0"}
        .x .n{color:var(--dim);font-size:.87rem}
        .b{height:.5rem;margin-top:.5rem;background:var(--line);border-radius:3px;overflow:hidden}
        .b i{display:block;height:100%;background:var(--bar);min-width:2px;border-radius:3px}
        .x .f{grid-column:2/-1;font-size:.9rem}
        .event{padding:.35rem 0 .35rem 5.5rem;border-top:1px solid var(--line);color:var(--dim)}
        pre{margin:.5rem 0 0;padding:.7rem;border:1px solid var(--line);border-radius:6px;overflow-x:auto;max-height:32rem;background:var(--bg)}
        .part{margin:.25rem 0 0 calc(var(--d)*1.3rem);padding-left:.7rem;border-left:2px solid var(--line)}.part>*{margin-right:.7rem}.part>code{color:var(--accent)}
        .part>details{margin:.2rem 0 .4rem}.m[open]{border-bottom:1px solid var(--line);padding-bottom:.7rem}
        dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.1rem .9rem;margin:.5rem 0}dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
        svg{display:block;max-width:46rem;width:100%;height:auto;margin-top:.6rem}
        svg text{font:12px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--ink)}svg .life{stroke:var(--line);stroke-width:2}
        svg .q{stroke:var(--client);fill:none}svg .p{stroke:var(--dim);fill:none}svg .no{stroke:var(--bad)}svg .qh{fill:var(--client)}svg .ph{fill:var(--dim)}svg .noh{fill:var(--bad)}
        @media (max-width:46rem){body{padding:.8rem}section{padding:.8rem}.x{grid-template-columns:minmax(0,1fr) auto}.x .t{grid-column:1;grid-row:1;text-align:left}\
        .x .b{grid-column:2;grid-row:1;width:5rem}.x .d,.x .n,.x .f{grid-column:1/-1}.event{padding-left:0}\
        .list tr>:nth-child(2),.list tr>:nth-child(3),.list tr>:nth-child(5),.list tr>:nth-child(6),.list tr>:nth-child(7),\
        .list tr>:nth-child(8){display:none}.list td:nth-child(10){white-space:normal}td.wide{min-width:7rem}}
        @media print{section{break-inside:avoid-page;border:0}pre{max-height:none}}
        """
}
