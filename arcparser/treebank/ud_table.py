"""Universal Dependencies treebanks by name, with the code that their files begin with.

The files of UD_English-EWT are en_ewt-ud-train.conllu and so on: the code is that of the language and the
name of the treebank in lower case. `LANGUAGES` has the codes of languages, `TREEBANKS` the treebanks; one that
is missing here is found all the same as long as its language is in the table.

Not all treebanks of UD are listed, and none whose text must be bought or fetched elsewhere (Arabic-NYUAD,
Japanese-BCCWJ, English-GUMReddit ...). The overview of all is at https://universaldependencies.org.
"""

from __future__ import annotations

from dataclasses import dataclass

# language -> code of the language, names of its treebanks
_TABLE = """
Abkhaz                  ab   AbNC
Afrikaans               af   AfriBooms
Akkadian                akk  PISANDUB RIAO
Albanian                sq   TSA
Amharic                 am   ATT
Ancient_Greek           grc  Perseus PROIEL PTNK
Ancient_Hebrew          hbo  PTNK
Arabic                  ar   PADT PUD
Armenian                hy   ArmTDP BSUT
Azerbaijani             az   TueCL
Bambara                 bm   CRB
Basque                  eu   BDT
Bavarian                bar  MaiBaam
Beja                    bej  NSC
Belarusian              be   HSE
Bengali                 bn   BRU
Bhojpuri                bho  BHTB
Breton                  br   KEB
Bulgarian               bg   BTB
Buryat                  bxr  BDT
Cantonese               yue  HK
Catalan                 ca   AnCora
Cebuano                 ceb  GJA
Chinese                 zh   Beginner CFL GSD GSDSimp HK PatentChar PUD
Chukchi                 ckt  HSE
Classical_Armenian      xcl  CAVaL
Classical_Chinese       lzh  Kyoto
Coptic                  cop  Scriptorium
Croatian                hr   SET
Czech                   cs   CAC CLTT FicTree PDT PDTC Poetry PUD
Danish                  da   DDT
Dutch                   nl   Alpino LassySmall
Egyptian                egy  UJaen
English                 en   Atis CTeTex ESLSpok EWT GENTLE GUM LinES ParTUT Pronouns PUD
Erzya                   myv  JR
Estonian                et   EDT EWT
Faroese                 fo   FarPaHC OFT
Finnish                 fi   FTB OOD PUD TDT
French                  fr   FQB GSD ParisStories ParTUT PUD Rhapsodie Sequoia
Galician                gl   CTG PUD TreeGal
Georgian                ka   GLC
German                  de   GSD HDT LIT PUD
Gothic                  got  PROIEL
Greek                   el   GDT GUD
Gujarati                gu   GujTB
Hebrew                  he   HTB IAHLTwiki
Hindi                   hi   HDTB PUD
Hittite                 hit  HitTB
Hungarian               hu   Szeged
Icelandic               is   IcePaHC Modern PUD
Indonesian              id   CSUI GSD PUD
Irish                   ga   Cadhan IDT TwittIrish
Italian                 it   ISDT MarkIT Old ParlaMint ParTUT PoSTWITA PUD TWITTIRO Valico VIT
Japanese                ja   GSD GSDLUW PUD PUDLUW
Javanese                jv   CSUI
Karelian                krl  KKPP
Kazakh                  kk   KTB
Komi_Permyak            koi  UH
Komi_Zyrian             kpv  IKDP Lattice
Korean                  ko   GSD Kaist KSL PUD
Kyrgyz                  ky   KTMU TueCL
Latgalian               ltg  Cairo
Latin                   la   CIRCSE ITTB LLCT Perseus PROIEL UDante
Latvian                 lv   Cairo LVTB
Ligurian                lij  GLT
Lithuanian              lt   ALKSNIS HSE
Livvi                   olo  KKPP
Low_Saxon               nds  LSDC
Luxembourgish           lb   LuxBank
Macedonian              mk   MTB
Malayalam               ml   UFAL
Maltese                 mt   MUDT
Manx                    gv   Cadhan
Marathi                 mr   UFAL
Middle_French           frm  PROFITEROLE
Moksha                  mdf  JR
Naija                   pcm  NSC
North_Sami              sme  Giella
Norwegian               no   Bokmaal Nynorsk
Old_Church_Slavonic     cu   PROIEL
Old_East_Slavic         orv  Birchbark RNC Ruthenian TOROT
Old_French              fro  PROFITEROLE
Old_Irish               sga  DipSGG DipWBG
Ottoman_Turkish         ota  BOUN DUDU
Persian                 fa   PerDT Seraji
Polish                  pl   LFG MPDT PDB PUD
Pomak                   qpm  Philotis
Portuguese              pt   Bosque CINTIL DANTEStocks GSD PetroGold Porttinari PUD
Romanian                ro   ArT Nonstandard RRT SiMoNERo TueCL
Russian                 ru   GSD PUD Poetry SynTagRus Taiga
Sanskrit                sa   UFAL Vedic
Scottish_Gaelic         gd   ARCOSG
Serbian                 sr   SET
Sindhi                  sd   Isra
Sinhala                 si   STB
Skolt_Sami              sms  Giellagas
Slovak                  sk   SNK
Slovenian               sl   SSJ SST
Spanish                 es   AnCora COSER GSD PUD
Swedish                 sv   LinES PUD Talbanken
Swedish_Sign_Language   swl  SSLC
Swiss_German            gsw  UZH
Tagalog                 tl   TRG Ugnayan
Tamil                   ta   MWTT TTB
Tatar                   tt   NMCTT
Telugu                  te   MTG
Thai                    th   PUD
Tswana                  tn   Popapolelo
Turkish                 tr   Atis BOUN FrameNet GB IMST Kenet Penn PUD Tourism
Turkish_German          qtd  SAGT
Ukrainian               uk   IU ParlaMint
Upper_Sorbian           hsb  UFAL
Urdu                    ur   UDTB
Uyghur                  ug   UDT
Uzbek                   uz   UT
Veps                    vep  VWT
Vietnamese              vi   TueCL VTB
Warlpiri                wbp  UFAL
Welsh                   cy   CCG
Western_Armenian        hyw  ArmTDP
Wolof                   wo   WTB
Xibe                    sjo  XDT
Yakut                   sah  YKTDT
Yoruba                  yo   YTB
"""


@dataclass(frozen=True)
class TreebankName:
    """A treebank of Universal Dependencies: `UD_Upper_Sorbian-UFAL`, `hsb_ufal`, `Upper Sorbian`."""

    name: str
    code: str
    language: str


def _parse(table: str) -> tuple[dict[str, str], tuple[TreebankName, ...]]:
    languages, treebanks = {}, []
    for line in table.strip().splitlines():
        language, code, *names = line.split()
        languages[language] = code
        for name in names:
            treebank = TreebankName(f"UD_{language}-{name}", f"{code}_{name.lower()}", language.replace("_", " "))
            treebanks.append(treebank)
    return languages, tuple(treebanks)


LANGUAGES, TREEBANKS = _parse(_TABLE)

# Training files that are kept in pieces, as they are too large for one; the pieces differ between releases,
# and those that a release has are taken.
TRAIN_PIECES = {
    "cs_pdt": ["c", "l", "m", "v", "ct", "ca", "lt", "la", "mt", "ma", "va"],
    "de_hdt": ["a-1", "a-2", "b-1", "b-2"],
    "ru_syntagrus": ["a", "b", "c"],
}
